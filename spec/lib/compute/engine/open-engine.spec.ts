import { createRequire } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { engineNames, openEngine } from '#lib/compute/engine/open-engine.js'

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
