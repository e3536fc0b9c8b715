import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { countCudaGpus, nvidiaGpus } from '#lib/compute/engine/nvidia-gpus.js'

/** Folder of a program `nvidia-smi` that the specs write. */
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvidia-smi-'))
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const install = async (...lines: readonly string[]) => {
  const program = join(folder, 'nvidia-smi')
  await writeFile(program, ['#!/bin/sh', ...lines, ''].join('\n'))
  await chmod(program, 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`)
}
const two = ['echo "GPU 0: NVIDIA H200 (UUID: GPU-1)"', 'echo "GPU 1: NVIDIA H100 (UUID: GPU-2)"']

describe.skipIf(process.platform === 'win32')('nvidia-smi', () => {
  test('lists the GPUs in order', async () => {
    await install(...two)
    expect(await nvidiaGpus()).toEqual(
      E.right(['GPU 0: NVIDIA H200 (UUID: GPU-1)', 'GPU 1: NVIDIA H100 (UUID: GPU-2)']),
    )
    expect(await countCudaGpus()).toBe(2)
  })

  test('is asked for their number only if the environment does not list them', async () => {
    await install(...two)
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '1')
    expect(await countCudaGpus()).toBe(1)
  })

  test('may find none', async () => {
    await install('exit 6')
    expect(await nvidiaGpus()).toEqual(
      E.left(expect.objectContaining({ _tag: 'EngineMissing', message: 'no GPU: nvidia-smi lists none' })),
    )
    expect(await countCudaGpus()).toBe(0)
  })
})
