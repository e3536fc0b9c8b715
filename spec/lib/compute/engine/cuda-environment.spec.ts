import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { countVisibleGpus, hidesGpus, prepareCuda, showGpu } from '#lib/compute/engine/cuda-environment.js'

beforeEach(() => vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined))
afterEach(() => vi.unstubAllEnvs())

test.each([
  [undefined, undefined],
  ['', 0],
  ['-1', 0],
  ['0', 1],
  ['2, 0', 2],
  ['0,-1,1', 1],
  ['GPU-8f1c,GPU-02ab', 2],
])('CUDA_VISIBLE_DEVICES=%s shows %s GPUs', (list, count) => {
  vi.stubEnv('CUDA_VISIBLE_DEVICES', list)
  expect(countVisibleGpus()).toBe(count)
  expect(hidesGpus()).toBe(count === 0)
})

test('prepareCuda turns TF32 off and numbers GPUs as nvidia-smi does, unless the environment says otherwise', () => {
  const settings = () => [process.env['NVIDIA_TF32_OVERRIDE'], process.env['CUDA_DEVICE_ORDER']]
  for (const name of ['NVIDIA_TF32_OVERRIDE', 'CUDA_DEVICE_ORDER']) vi.stubEnv(name, undefined)
  prepareCuda()
  expect(settings()).toEqual(['0', 'PCI_BUS_ID'])
  vi.stubEnv('NVIDIA_TF32_OVERRIDE', '1')
  vi.stubEnv('CUDA_DEVICE_ORDER', 'FASTEST_FIRST')
  prepareCuda()
  expect(settings()).toEqual(['1', 'FASTEST_FIRST'])
})

describe('showGpu', () => {
  test('shows one GPU until it is taken back', () => {
    const takeBack = showGpu(3)
    expect(process.env['CUDA_VISIBLE_DEVICES']).toBe('3')
    takeBack()
    expect(process.env['CUDA_VISIBLE_DEVICES']).toBeUndefined()
  })

  test('may be called again with the same GPU, and leaves what was there before', () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '1')
    showGpu(1)()
    expect(process.env['CUDA_VISIBLE_DEVICES']).toBe('1')
  })

  test('refuses another GPU than the one that the process already uses', () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '0,1')
    expect(() => showGpu(1)).toThrow(
      'gpu: found 1, but CUDA_VISIBLE_DEVICES is "0,1"; TensorFlow uses one GPU in a process: ' +
        'unset the variable, or leave the option out and set the variable to 1',
    )
  })
})
