import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { Connection } from '#lib/compute/engine/worker/connection.js'

/** Worker that runs the code on its first message. */
const connected = (code: string) =>
  new Connection(
    new Worker(`require('node:worker_threads').parentPort.once('message', () => { ${code} })`, { eval: true }),
  )

const failed = (message: unknown) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineFailed', message }) as Error

test.each([
  ['ends', 'process.exit(3)', "the engine's worker ended, exit code 3"],
  ['throws', "throw new RangeError('lost the device')", "the engine's worker failed: RangeError: lost the device"],
])('a worker that %s fails the calls under way, and those to come', async (_, code, message) => {
  const connection = connected(code)
  const calls = [connection.call('memory', null), connection.call('read', 1)]
  for (const call of calls) await expect(call).rejects.toThrow(failed(message))
  await expect(connection.call('memory', null)).rejects.toThrow(failed(message))
  connection.dispose(1)
  await expect(connection.close()).resolves.toBeUndefined()
})
