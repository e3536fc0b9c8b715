import { createRequire } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { type EngineName, engineNames, openEngine } from '#lib/compute/engine/open-engine.js'

test('without a name, the first engine that opens is chosen, with a reason', async () => {
  const opened = await openEngine()()
  if (E.isLeft(opened)) throw opened.left
  const { engine, reason } = opened.right
  expect(engineNames).toContain(engine.name)
  // A machine without a GPU gets an engine on the CPU.
  if (engine.name === 'onnx') expect(reason).toMatch(/^ONNX Runtime on the CPU; (no GPU: |tfjs-node-gpu: )/)
  await engine.close()
})

test('a named engine is opened', async () => {
  const opened = await openEngine('onnx', { threads: 1 })()
  if (E.isLeft(opened)) throw opened.left
  expect(opened.right.engine.name).toBe('onnx')
  expect(opened.right.reason).toBe('ONNX Runtime on the CPU, as asked')
  await opened.right.engine.close()
})

const failed = (message: string) => E.left(expect.objectContaining({ _tag: 'EngineFailed', message }))

test.each<[EngineName, number | string, string]>([
  [
    'onnx',
    0,
    'gpu: found 0, but the engine onnx does not choose a GPU; these do: tfjs-node-gpu, onnx-cuda, tfjs-webgpu, webgpu',
  ],
  [
    'onnx-webgpu',
    'H200',
    'gpu: found "H200", but the engine onnx-webgpu does not choose a GPU; these do: tfjs-node-gpu, onnx-cuda, tfjs-webgpu, webgpu',
  ],
  [
    'onnx-cuda',
    'H200',
    'gpu: found "H200", but the engine onnx-cuda takes the number of a GPU, from 0, in the order of nvidia-smi --list-gpus',
  ],
  [
    'tfjs-webgpu',
    1,
    'gpu: found 1, but the engine tfjs-webgpu takes the name of a WebGPU adapter or a part of it, because WebGPU does not number its adapters',
  ],
  ['onnx-cuda', -1, 'gpu: found -1, expected the number of a GPU, from 0, or the name of an adapter'],
  ['tfjs-webgpu', ' ', 'gpu: found " ", expected the number of a GPU, from 0, or the name of an adapter'],
])('the engine %s refuses the GPU %o', async (name, gpu, message) => {
  expect(await openEngine(name, { gpu })()).toEqual(failed(message))
})

test('with a GPU, only engines that can choose it are tried', async () => {
  const opened = await openEngine(undefined, { gpu: 'no adapter has this name' })()
  // No engine on the CPU takes its place.
  expect(opened).toEqual(
    E.left(
      expect.objectContaining({
        _tag: 'EngineMissing',
        message: expect.stringMatching(/^no engine opens here: tfjs-webgpu: [^;]*; webgpu: [^;]*$/) as string,
      }),
    ),
  )
})

const installed = (name: string): boolean => {
  try {
    return createRequire(import.meta.url).resolve(name) !== ''
  } catch {
    return false
  }
}

test.skipIf(installed('@tensorflow/tfjs-node-gpu'))(
  'a named engine that is not installed is reported with the command that installs it',
  async () => {
    expect(await openEngine('tfjs-node-gpu')()).toEqual(
      E.left(
        expect.objectContaining({
          _tag: 'EngineMissing',
          message: expect.stringMatching(/npm install @tensorflow\/tfjs-node-gpu$/) as string,
        }),
      ),
    )
  },
)
