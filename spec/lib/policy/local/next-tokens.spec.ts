import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import type { ModelCheckpoint } from '#lib/model/model-checkpoint.js'
import { initialWeights, mapWeights } from '#lib/model/weights.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import type { Sampling } from '#lib/policy/policy.js'
import { expectClose } from '../../compute/reference/close.js'
import {
  all,
  config as tiny,
  expectCloseScores,
  inOrder,
  only,
  promptsOf,
  rewarded,
  sampling,
  tokensOf,
  watched,
  withModel,
} from './tiny.js'

const engine = watched(await inWorker('onnx', { threads: 1 }))
afterAll(() => engine.close())

/** A vocabulary that is large enough for draws on the engine. Only its first tokens have texts. */
const config: DecoderConfig = { ...tiny, vocabulary: 1100 }
const checkpoint: ModelCheckpoint = {
  config,
  weights: mapWeights(initialWeights(config, 3), ({ shape, data }) => ({
    shape,
    data: shape.length === 1 ? data : data.map((x) => 12 * x),
  })),
  metadata: {},
}
const tokenizer = { vocabulary: config.vocabulary, ends: [0], encode: () => [], decode: () => '' }
const texts = ['1+', '23+45', '6']
const sampled = async ({ policy }: LocalModel, how: Partial<Sampling>) =>
  inOrder(await all(policy.sample(promptsOf(texts), { ...sampling, ...how })))

/** Settings that keep every token, but are drawn on the host, because top-k is given. */
const onHost = { topK: config.vocabulary }

describe('next tokens of a large vocabulary', () => {
  it.each([1, 0.7, 0])('are the same when they are drawn on the engine, at temperature %d', (temperature) =>
    withModel(
      engine,
      async (model) => {
        const found = await sampled(model, { temperature })
        const expected = await sampled(model, { ...onHost, temperature })
        expect(tokensOf(found)).toEqual(tokensOf(expected))
        found.forEach(({ completions }, p) =>
          completions.forEach((completion, g) => {
            expectClose(completion.logprobs_T, expected[p]!.completions[g]!.logprobs_T, 1e-5)
            expect(completion.untruncatedLogprobs_T).toBeUndefined()
          }),
        )
      },
      { checkpoint, tokenizer },
    ),
  )

  it('have the measures of a scoring pass', () =>
    withModel(
      engine,
      async (model) => {
        const batch = rewarded(await sampled(model, {}))
        const before = engine.runs.length
        const recorded = await only(model.policy.score(batch))
        expect(engine.runs.length).toBe(before)
        const responses = batch.responses.map((response) => ({ ...response, completion: { ...response.completion } }))
        expectCloseScores(recorded, await only(model.policy.score({ ...batch, responses })), 1e-4)
      },
      { checkpoint, tokenizer },
    ))

  it('have no measures if they are sampled in int8', () =>
    withModel(
      engine,
      async (model) => {
        const batch = rewarded(await sampled(model, {}))
        const before = engine.runs.length
        await only(model.policy.score(batch))
        expect(engine.runs.slice(before)).not.toEqual([])
      },
      { checkpoint, tokenizer, rolloutWeights: 'int8' },
    ))
})
