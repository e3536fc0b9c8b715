import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { Connection } from '#lib/compute/engine/worker/connection.js'

/** Worker with a small heap that runs the code on its first message. */
const connected = (code: string) =>
  new Connection(
    new Worker(`require('node:worker_threads').parentPort.once('message', () => { ${code} })`, {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    }),
  )

const lost = (message: unknown) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineLost', message }) as Error

test.each([
  ['ends', 'process.exit(3)', "the engine's worker ended, exit code 3"],
  ['throws', "throw new RangeError('lost the device')", "the engine's worker failed: RangeError: lost the device"],
  [
    'runs out of memory',
    'for (const all = []; ; ) all.push(new Array(1000).fill(all.length))',
    expect.stringMatching(/^the engine's worker failed: .*memory limit/),
  ],
])('a worker that %s is lost: the calls under way fail, and those to come', async (_, code, message: unknown) => {
  const connection = connected(code)
  const calls = [connection.call('memory', null), connection.call('read', 1)]
  for (const call of calls) await expect(call).rejects.toThrow(lost(message))
  await expect(connection.call('memory', null)).rejects.toThrow(lost(message))
  connection.dispose(1)
  await expect(connection.close()).resolves.toBeUndefined()
})
