import { EMPTY, of, throwError } from 'rxjs'
import { expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import type { ServerProblem } from '#lib/remote/http/server-error.js'
import { createRemoteSampler } from '#lib/remote/sampler/remote-sampler.js'
import type { SamplerWire } from '#lib/remote/sampler/wire.js'
import { serverError, weightsOf } from '../pool/doubles.js'
import { digits } from './behaviour.js'

/** Names of the adapters that a server was asked to unload while three versions were published. */
const unloadedBy = async (problem: ServerProblem): Promise<readonly string[]> => {
  const asked: string[] = []
  const wire: SamplerWire = {
    ...{ name: 'http://a', nucleus: 'kept', processedSetting: null, scoresBeside: true },
    ...{ complete: () => EMPTY, score: () => EMPTY, logprobs: () => EMPTY, ask: () => EMPTY, load: () => of(null) },
    unload: (name) => {
      asked.push(name)
      return throwError(() => serverError(problem))
    },
    isForgotten: () => false,
    close: () => Promise.resolve(),
  }
  const policy = createRemoteSampler(wire, 'raw', { tokenizer: digits })
  for (const version of [1, 2, 3]) await orThrow(policy.publish(weightsOf(version)))
  await policy.close()
  return asked
}

it('a server is asked again to unload adapters that it could not unload, unless it refused to', async () => {
  const [first, second] = [1, 2].map((version) => weightsOf(version).name)
  expect(await unloadedBy('refused')).toEqual([first, second])
  const retried = await unloadedBy('failed')
  expect(retried.filter((name) => name === first).length).toBeGreaterThan(1)
})
