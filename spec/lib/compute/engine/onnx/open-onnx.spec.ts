import type * as OnnxRuntime from 'onnxruntime-node'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openOnnx } from '#lib/compute/engine/onnx/open-onnx.js'

/** Execution providers of every session that is made. */
const providers = vi.hoisted(() => [] as unknown[])
/** Number of GPUs of the double. */
const COUNT = 2

/** ONNX Runtime with two GPUs, which the CPU plays. */
vi.mock('onnxruntime-node', async (original) => {
  const runtime = await original<typeof OnnxRuntime>()
  const create = (model: Uint8Array, options: OnnxRuntime.InferenceSession.SessionOptions) => {
    providers.push(...options.executionProviders!)
    const [provider] = options.executionProviders as [{ readonly deviceId?: number } | string]
    if (typeof provider === 'object' && provider.deviceId! >= COUNT)
      return Promise.reject(new Error('CUDA failure 101: invalid device ordinal'))
    return runtime.InferenceSession.create(model, { ...options, executionProviders: ['cpu'] })
  }
  return { ...runtime, InferenceSession: { create } }
})

afterEach(() => {
  providers.length = 0
  vi.unstubAllEnvs()
})

describe('onnx-cuda', () => {
  test('computes on the GPU that is chosen, and says so', async () => {
    const engine = await openOnnx({ gpu: 1 }, 'cuda')
    expect(engine.device).toBe('GPU 1')
    expect(providers).toEqual([{ name: 'cuda', deviceId: 1 }])
    await engine.close()
  })

  test('leaves the choice to CUDA otherwise', async () => {
    const engine = await openOnnx({}, 'cuda')
    expect(engine.device).toBeUndefined()
    expect(providers).toEqual(['cuda'])
    await engine.close()
  })

  test('counts GPUs as nvidia-smi does, and multiplies in float32', async () => {
    for (const name of ['NVIDIA_TF32_OVERRIDE', 'CUDA_DEVICE_ORDER']) vi.stubEnv(name, undefined)
    await (await openOnnx({ gpu: 0 }, 'cuda')).close()
    expect(process.env).toMatchObject({ NVIDIA_TF32_OVERRIDE: '0', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' })
  })

  test('reports a GPU that is not there, with what ONNX Runtime says', async () => {
    await expect(openOnnx({ gpu: 2 }, 'cuda')).rejects.toThrow(
      expect.objectContaining({
        _tag: 'EngineMissing',
        message: expect.stringMatching(
          /^onnx-cuda does not open on GPU 2\. .*nvidia-smi --list-gpus.*invalid device/s,
        ) as string,
      }),
    )
  })
})
