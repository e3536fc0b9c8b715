import { afterEach, expect, test, vi } from 'vitest'
import { webgpuAdapter } from '#lib/compute/engine/webgpu-adapter.js'

const missing = (message: string) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineMissing', message }) as Error
const aBrowserWith = (info: object | null) =>
  vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(info === null ? null : { info }) } })
const software = { description: 'SwiftShader', vendor: 'google', architecture: '', isFallbackAdapter: true }

/** Dawn with two adapters. As the package `webgpu`, it throws if no name contains the one that is wanted. */
const dawn = vi.hoisted(() => ({ names: ['NVIDIA H200', 'NVIDIA L4'], flags: [] as (readonly string[])[] }))
vi.mock('webgpu', () => ({
  globals: {},
  create: (flags: readonly string[]) => {
    dawn.flags.push(flags)
    const wanted = flags[0]?.replace('adapter=', '') ?? ''
    const description = dawn.names.find((name) => name.includes(wanted))
    const list = dawn.names.map((name) => `\n * backend: 'vulkan', name: '${name}'`).join('')
    const requestAdapter = () =>
      description === undefined
        ? Promise.reject(new Error(`no suitable backends found\nAvailable adapters:${list}\n`))
        : Promise.resolve({ info: { description, vendor: '', architecture: '' } })
    return { requestAdapter }
  },
}))
vi.mock('#lib/compute/engine/native-library.js', () => ({ mayLoadLibrary: () => true, VULKAN: 'libvulkan.so.1' }))

afterEach(() => {
  vi.unstubAllGlobals()
  dawn.flags.length = 0
})

test.each([
  [{ description: 'NVIDIA H100', vendor: 'nvidia', architecture: 'hopper' }, 'NVIDIA H100'],
  [{ description: '', vendor: 'apple', architecture: 'metal-3' }, 'apple metal-3'],
  [{ description: '', vendor: '', architecture: '' }, 'an adapter without a name'],
  [software, 'SwiftShader, which runs on the CPU'],
])('an adapter %o is called %s', async (info, name) => {
  aBrowserWith(info)
  expect(await webgpuAdapter(false)).toBe(name)
})

test('an adapter is chosen by a part of its name, also after another one was taken', async () => {
  aBrowserWith(software)
  expect(await webgpuAdapter(true, 'H200')).toBe('NVIDIA H200')
  expect(await webgpuAdapter(true, 'L4')).toBe('NVIDIA L4')
  expect(dawn.flags).toEqual([['adapter=H200'], ['adapter=L4']])
})

test('a name that no adapter has is reported with the names that there are', async () => {
  aBrowserWith(null)
  await expect(webgpuAdapter(false, 'Radeon')).rejects.toThrow(
    missing(
      'gpu: found "Radeon", and WebGPU has no adapter whose name contains it: no suitable backends found ' +
        "Available adapters: * backend: 'vulkan', name: 'NVIDIA H200' * backend: 'vulkan', name: 'NVIDIA L4'",
    ),
  )
})

test('an emulated adapter is refused if hardware is required', async () => {
  aBrowserWith(software)
  await expect(webgpuAdapter(true)).rejects.toThrow(
    missing('WebGPU finds no GPU, only SwiftShader, which runs on the CPU'),
  )
})

test('a missing adapter is reported with its remedy', async () => {
  aBrowserWith(null)
  await expect(webgpuAdapter(false)).rejects.toThrow(
    missing('WebGPU finds no adapter: on Linux it needs a Vulkan driver and libvulkan.so.1'),
  )
})
