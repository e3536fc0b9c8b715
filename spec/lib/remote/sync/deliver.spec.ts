import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it } from 'vitest'
import { createDelivery } from '#lib/remote/sync/deliver.js'
import { serverError, weightsOf } from '../pool/doubles.js'

const tokens = [3, 1, 4, 1]

/** Delivers versions to a server: for each the log-probs of the learner and those of the server. */
const deliveries = async (versions: readonly (readonly [learner: readonly number[], server: readonly number[]])[]) => {
  let version = 0
  const deliver = createDelivery({
    name: 'http://a',
    publish: () => TE.right(undefined),
    logprobs: () => TE.right(Float32Array.from(versions[version - 1]![1])),
  })
  const results: (string | null)[] = []
  for (const [learner] of versions) {
    version++
    const known = { tokens, logprobs_T: Float32Array.from(learner), tolerance: 0.05 }
    const result = await deliver({ ...weightsOf(version), known })()
    results.push(E.isLeft(result) ? result.left.message : null)
  }
  return results
}

/** Log-probs that are all moved by the same number. The first token has none. */
const moved = (by: number) => [0, -1 + by, -2 + by, -3 + by]

describe('a delivery of weights', () => {
  it('is accepted when learner and server agree within the tolerance', async () => {
    expect(
      await deliveries([
        [moved(0), moved(0)],
        [moved(0.1), moved(0.1)],
        [moved(0.2), moved(0.16)],
        [moved(0.3), moved(0.34)],
      ]),
    ).toEqual([null, null, null, null])
  })

  it('is refused when they differ by more, with the server, the version and both values', async () => {
    const [first, second] = await deliveries([
      [moved(0), moved(0)],
      [moved(0.5), moved(0.1)],
    ])
    expect(first).toBeNull()
    expect(second).toBe(
      "http://a, version 2 (entrain-run-2): found a mean log-prob of -1.900 nats for the known sequence, 0.4000 nats per token from the learner's, expected -1.500 nats, the learner's, within 0.05 per token: the server did not take the adapters; check that it reads the folder /shared/entrain-run-2, and that its base model is the learner's",
    )
  })

  it('is refused when the server did not move at all, although the learner moved by less than the tolerance', async () => {
    const still = moved(0.01)
    const [first, second, third] = await deliveries([
      [moved(0), still],
      [moved(0.002), still],
      [moved(0.002), moved(0.012)],
    ])
    expect([first, third]).toEqual([null, null])
    expect(second).toContain(
      'found log-probs of the known sequence that changed by 0.000 nats since an earlier version, expected a change by about 0.002000 nats',
    )
  })

  it('adds up changes that are too small to tell', async () => {
    const still = moved(0)
    const results = await deliveries([
      [moved(0), still],
      [moved(0.0004), still],
      [moved(0.0008), still],
      [moved(0.0012), still],
    ])
    expect(results.map((result) => result === null)).toEqual([true, true, true, false])
  })

  it('is accepted when the server moves with an error of its own', async () => {
    expect(
      await deliveries([
        [moved(0), moved(0.03)],
        [moved(0.002), [0, -1.02, -2, -2.99]],
        [moved(0.004), [0, -1.03, -1.99, -2.99]],
      ]),
    ).toEqual([null, null, null])
  })

  it('is refused for log-probs that are not numbers, and for too few', async () => {
    const [nan, short] = await deliveries([
      [moved(0), [0, NaN, -2, -3]],
      [moved(0), [0, -1]],
    ])
    expect(nan).toContain('found a mean log-prob of NaN nats')
    expect(short).toContain('found log-probs of 2 tokens of the known sequence, expected 4')
  })

  it('has no check without a known sequence, and passes the errors of the server', async () => {
    const refused = serverError('refused')
    const unchecked = createDelivery({
      name: 'a',
      publish: () => TE.right(undefined),
      logprobs: () => TE.left(refused),
    })
    expect(await unchecked(weightsOf(1))()).toEqual(E.right(undefined))
    const known = { tokens, logprobs_T: Float32Array.from(moved(0)), tolerance: 0.05 }
    expect(await unchecked({ ...weightsOf(1), known })()).toEqual(E.left(refused))
    const deaf = createDelivery({ name: 'a', publish: () => TE.left(refused), logprobs: () => TE.left(refused) })
    expect(await deaf(weightsOf(1))()).toEqual(E.left(refused))
  })
})
