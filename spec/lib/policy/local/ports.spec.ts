import { afterAll, describe, expect, it } from 'vitest'
import * as E from 'fp-ts/lib/Either.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { openLocal } from '#lib/policy/local/open-local.js'
import { localModel, type LocalModelOptions } from '#lib/policy/local/local-model.js'
import { orThrow } from '#lib/or-throw.js'
import type { Sampling } from '#lib/policy/policy.js'
import type { Batch } from '#lib/rollout/batch.js'
import { countdown } from '#lib/task/countdown/index.js'
import { marblePolicy } from '#testing.js'
import {
  aBatchOf,
  accepted,
  all,
  checkpoint,
  inOrder,
  only,
  promptsOf,
  sampling,
  tokenizer,
  withModel,
} from './tiny.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

describe('a group', () => {
  it('has the same step, index, number of groups and prompt from a local policy and from the test double', async () => {
    await withModel(engine, async ({ policy }) => {
      for (const offset of [undefined, 0, 3]) {
        const batch = { ...promptsOf(['1+', '23', '4'], 5), ...(offset === undefined ? {} : { offset }) }
        const places = async (of: typeof policy) =>
          inOrder(await all(of.sample(batch, sampling))).map(({ step, index, groups, prompt, completions }) => ({
            step,
            index,
            groups,
            prompt,
            size: completions.length,
          }))
        const expected = batch.prompts.map((prompt, place) => ({
          step: 5,
          index: (offset ?? 0) + place,
          groups: 3,
          prompt,
          size: sampling.group,
        }))
        expect(await places(policy)).toEqual(expected)
        expect(await places(marblePolicy())).toEqual(expected)
      }
    })
  })
})

describe('a local model refuses', () => {
  const foreign = (token: number): Batch => {
    const batch = aBatchOf([2, 3])
    const [first, second] = batch.responses as [Batch['responses'][0], Batch['responses'][0]]
    return {
      ...batch,
      responses: [first, { ...second, completion: { ...second.completion, tokens: Int32Array.of(1, token, 2) } }],
    }
  }
  const refused = (found: number) =>
    `completion of response 1: tokens[1]: found ${found}, expected a token from 0 to 11, the vocabulary`

  it.each([12, -1, 1e9])('the token %i of a completion, to score, as a reference, and to train', async (token) => {
    await withModel(engine, async (model) => {
      await expect(only(model.policy.score(foreign(token)))).rejects.toThrow(refused(token))
      await expect(only(model.freeze().score(foreign(token)))).rejects.toThrow(refused(token))
      const scores = await only(model.policy.score(aBatchOf([2, 3])))
      await expect(only(model.learner.update(accepted(foreign(token), scores), ppoClip()))).rejects.toThrow(
        refused(token),
      )
      expect(model.policy.vocabulary).toBe(12)
    })
  })

  it('the token of a prompt, to sample from', async () => {
    await withModel(engine, async ({ policy }) => {
      const { prompts, step } = promptsOf(['12'])
      const batch = { step, prompts: [{ ...prompts[0]!, tokens: [1, 12] }] }
      await expect(all(policy.sample(batch, sampling))).rejects.toThrow(
        'tokens[1]: found 12, expected a token from 0 to 11',
      )
      await expect(
        all(policy.sample({ step, prompts: [{ ...prompts[0]!, tokens: [] }] }, sampling)),
      ).rejects.toMatchObject({ _tag: 'EmptyPrompt' })
    })
  })

  it.each<readonly [Partial<Record<keyof Sampling, unknown>>, string]>([
    [{ temperature: -1 }, 'sampling.temperature: found -1, expected a number >= 0'],
    [{ topP: 2 }, 'sampling.topP: found 2, expected a number > 0 and <= 1'],
    [{ group: 2.5 }, 'sampling.group: found 2.5, expected an integer >= 1'],
    [{ maxTokens: 0 }, 'sampling.maxTokens: found 0, expected an integer >= 1'],
  ])('the settings %j of sampling', async (but, message) => {
    await withModel(engine, async ({ policy }) => {
      await expect(all(policy.sample(promptsOf(['12']), { ...sampling, ...but } as Sampling))).rejects.toThrow(message)
    })
  })

  it.each<readonly [object, string]>([
    [{ microBatch: 0 }, 'microBatch: found 0, expected an integer >= 1'],
    [{ microBatchTokens: 1.5 }, 'microBatchTokens: found 1.5, expected an integer >= 1'],
    [{ slots: -1 }, 'slots: found -1, expected an integer >= 1'],
    [{ seed: NaN }, 'seed: found NaN, expected an integer >= 0'],
    [{ rolloutWeights: 'int4' }, 'rolloutWeights: found "int4", expected one of float32, int8'],
    [{ gradientCheckpointing: 'yes' }, 'gradientCheckpointing: found "yes", expected true or false'],
    [{ learningRate: 1e-3 }, 'learningRate: found 0.001, expected a function'],
    [{ adamw: { beta1: 1 } }, 'adamw.beta1: found 1, expected a number >= 0 and < 1'],
    [{ adamw: { beta2: -0.1 } }, 'adamw.beta2: found -0.1, expected a number >= 0 and < 1'],
    [{ adamw: { epsilon: 0 } }, 'adamw.epsilon: found 0, expected a number > 0'],
    [{ adamw: { weightDecay: -1 } }, 'adamw.weightDecay: found -1, expected a number >= 0'],
    [{ adamw: { maxNorm: 0 } }, 'adamw.maxNorm: found 0, expected a number > 0'],
  ])('the options %j', (but, message) => {
    const options = { engine, checkpoint, tokenizer, learningRate: constantRate(1e-3), ...but } as LocalModelOptions
    expect(() => localModel(options)).toThrow(new RangeError(message))
  })
})

describe('closing twice', () => {
  it('is harmless for a model and its engines', async () => {
    const own = await inWorker('onnx', { threads: 1 })
    const model = await orThrow(localModel({ engine: own, checkpoint, tokenizer, learningRate: constantRate(1e-3) }))
    model.freeze()
    await only(model.policy.score(aBatchOf([2])))
    await Promise.all([model.close(), model.close()])
    await model.close()
    await Promise.all([own.close(), own.close()])
    await own.close()
  })

  it('is harmless for a model that owns its engine', async () => {
    const options = {
      tokenizer: countdown().tokenizer,
      learningRate: constantRate(1e-3),
      engine: 'onnx',
      threads: 1,
    } as const
    const opened = await openLocal(options)()
    if (E.isLeft(opened)) throw opened.left
    await Promise.all([opened.right.close(), opened.right.close()])
    await opened.right.close()
  })
})
