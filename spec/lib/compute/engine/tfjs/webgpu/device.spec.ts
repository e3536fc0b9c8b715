import { memory } from '@tensorflow/tfjs-core'
import { afterEach, expect, test, vi } from 'vitest'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import { TfjsEngine } from '#lib/compute/engine/tfjs/tfjs-engine.js'
import { watchDevice, webgpuAdapter } from '#lib/compute/engine/tfjs/webgpu/device.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'

const missing = (message: string) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineMissing', message }) as Error
const aBrowserWith = (info: object | null) =>
  vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(info === null ? null : { info }) } })
const software = { description: 'SwiftShader', vendor: 'google', architecture: '', isFallbackAdapter: true }

afterEach(() => vi.unstubAllGlobals())

test.each([
  [{ description: 'NVIDIA H100', vendor: 'nvidia', architecture: 'hopper' }, 'NVIDIA H100'],
  [{ description: '', vendor: 'apple', architecture: 'metal-3' }, 'apple metal-3'],
  [{ description: '', vendor: '', architecture: '' }, 'an adapter without a name'],
  [software, 'SwiftShader, which runs on the CPU'],
])('an adapter %o is called %s', async (info, name) => {
  aBrowserWith(info)
  expect(await webgpuAdapter(false)).toBe(name)
})

test('a program that plays a GPU is refused where hardware is asked for', async () => {
  aBrowserWith(software)
  await expect(webgpuAdapter(true)).rejects.toThrow(
    missing('WebGPU finds no GPU, only SwiftShader, which runs on the CPU'),
  )
})

test('no adapter at all is told with what is needed', async () => {
  aBrowserWith(null)
  await expect(webgpuAdapter(false)).rejects.toThrow(
    missing('WebGPU finds no adapter: on Linux it needs a Vulkan driver and libvulkan.so.1'),
  )
})

test('what goes wrong beside the calls is told, the invalid before the exhausted', async () => {
  const scopes: string[] = []
  const device = (errors: Readonly<Record<string, string>>) => ({
    pushErrorScope: (filter: string) => void scopes.push(filter),
    popErrorScope: () => {
      const message = errors[scopes.pop()!]
      return Promise.resolve(message === undefined ? null : { message })
    },
  })
  expect(await watchDevice(device({}))()()).toBeUndefined()
  expect(await watchDevice(device({ 'out-of-memory': 'too big' }))()()).toBe('too big')
  expect(await watchDevice(device({ validation: 'no vec5', 'out-of-memory': 'too big' }))()()).toBe('no vec5')
  expect(scopes).toEqual([])
})

test('a run during which something went wrong fails, and leaves nothing behind', async () => {
  const opened = await openTfjs('cpu')
  const before = memory().numTensors
  const engine = new TfjsEngine('tfjs-webgpu', 'cpu', 'a GPU', () => () => Promise.resolve('no vec5'))
  const executable = await engine.compile(program('double', { y: o.add(o.input('x', []), o.input('z', [])) }))
  const one = { shape: [], data: Float32Array.of(1) }
  await expect(executable.run({ x: one, z: one })).rejects.toThrow(
    expect.objectContaining({ _tag: 'EngineFailed', message: 'program "double": no vec5' }),
  )
  expect(memory().numTensors).toBe(before)
  await Promise.all([engine.close(), opened.close()])
})
