import { EMPTY, NEVER, type Observable, of, throwError } from 'rxjs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import type { ServerProblem } from '#lib/remote/http/server-error.js'
import { createRemoteSampler } from '#lib/remote/sampler/remote-sampler.js'
import type { SamplerWire } from '#lib/remote/sampler/wire.js'
import { serverError, weightsOf } from '../pool/doubles.js'
import { digits } from './behaviour.js'

/** Policy with published versions, on a server that answers requests to unload adapters. `asked` has their names, and the end. */
const published = async (versions: readonly number[], unload: () => Observable<unknown>) => {
  const asked: string[] = []
  const wire: SamplerWire = {
    ...{ name: 'http://a', nucleus: 'kept', processedSetting: null, scoresBeside: true },
    ...{ complete: () => EMPTY, score: () => EMPTY, logprobs: () => EMPTY, ask: () => EMPTY, load: () => of(null) },
    unload: (name) => {
      asked.push(name)
      return unload()
    },
    isForgotten: () => false,
    close: () => {
      asked.push('the connection is closed')
      return Promise.resolve()
    },
  }
  const policy = createRemoteSampler(wire, 'raw', { tokenizer: digits })
  for (const version of versions) await orThrow(policy.publish(weightsOf(version)))
  return { policy, asked }
}

/** Names of the adapters that a server was asked to unload while three versions were published. */
const unloadedBy = async (problem: ServerProblem): Promise<readonly string[]> =>
  (await published([1, 2, 3], () => throwError(() => serverError(problem)))).asked

it('a server is asked again to unload adapters that it could not unload, unless it refused to', async () => {
  const [first, second] = [1, 2].map((version) => weightsOf(version).name)
  expect(await unloadedBy('refused')).toEqual([first, second])
  const retried = await unloadedBy('failed')
  expect(retried.filter((name) => name === first).length).toBeGreaterThan(1)
})

it('the last adapters are unloaded before the connection is closed, and those that could not be unloaded before', async () => {
  const [first, second] = [1, 2].map((version) => weightsOf(version).name)
  const closed = 'the connection is closed'
  const all = await published([1, 2], () => of(''))
  await all.policy.close()
  expect(all.asked).toEqual([first, second, closed])
  const failed = await published([1, 2], () => throwError(() => serverError('failed')))
  await failed.policy.close()
  expect(failed.asked.slice(-3)).toEqual([first, second, closed])
  const none = await published([], () => of(''))
  await none.policy.close()
  expect(none.asked).toEqual([closed])
})

it('a server that does not unload adapters delays the end for a limited time', async () => {
  const { policy, asked } = await published([1], () => NEVER)
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const closed = policy.close()
  await vi.advanceTimersByTimeAsync(2900)
  expect(asked).toEqual([weightsOf(1).name])
  await vi.advanceTimersByTimeAsync(100)
  await closed
  expect(asked).toEqual([weightsOf(1).name, 'the connection is closed'])
})
