import { afterEach, expect, test, vi } from 'vitest'
import { webgpuAdapter } from '#lib/compute/engine/webgpu-adapter.js'

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
