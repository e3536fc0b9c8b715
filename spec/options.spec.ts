import * as E from 'fp-ts/lib/Either.js'
import { lastValueFrom, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { gae } from '#lib/advantage/gae.js'
import { grpo, wReinforce } from '#lib/advantage/index.js'
import { openEngine } from '#lib/compute/engine/open-engine.js'
import { engineNames } from '#lib/compute/engine/engines.js'
import { createDemand } from '#lib/control/demand.js'
import * as controllers from '#lib/entropy/controller/index.js'
import { bootstrap } from '#lib/evaluation/bootstrap.js'
import { maskSequence, truncate } from '#lib/objective/corrections.js'
import * as objectives from '#lib/objective/index.js'
import { constantRate, warmupCosine } from '#lib/optimizer/learning-rate.js'
import { overlong } from '#lib/reward/overlong.js'
import { countdown } from '#lib/task/countdown/index.js'
import { moves } from '#lib/task/moves/index.js'
import { type DataTaskOptions, dataTask } from '#lib/task/data/data-task.js'
import { rowsAtHand } from '#lib/task/data/row.js'
import { distinctPrompts } from '#lib/task/distinct.js'
import { promptTemplates } from '#lib/task/prompt-template.js'
import { advantage } from '#operators/advantage.js'
import { collectGroups } from '#operators/collect-groups.js'
import { evaluate } from '#operators/evaluate.js'
import { klPenalty } from '#operators/kl-penalty.js'
import { rollout } from '#operators/rollout.js'
import { toBatches } from '#operators/to-batches.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { evaluation } from '#pipelines/evaluation.js'
import { pretraining } from '#pipelines/pretraining.js'
import { OptionsCodec } from '#cli/config/algorithm-options.js'
import { aPrompt, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'

const sampling = { group: 2, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 0 }
const ports = () => ({
  policy: marblePolicy(),
  learner: fakeLearner(),
  verifier: fixedVerifier(1),
  rewardScale: 'signed' as const,
  prompts: [aPrompt()],
})
const band = () => ({ low: 0, high: 1 })
/** Sampling of which some settings are replaced. */
const but = (settings: object) => ({ ...sampling, ...settings })
const train = (options: object) => () => algorithms.grpo.create(ports(), { band, sampling, ...options })
const judge = (options: object) => () => evaluation(ports(), { ks: [1], sampling, ...options })
const none = undefined as never
const policies = { policy: marblePolicy(), reference: marblePolicy() }

const impossible: readonly (readonly [string, unknown, string])[] = [
  ['temperature', -1, 'found -1, expected a number >= 0'],
  ['temperature', NaN, 'found NaN, expected a number >= 0'],
  ['temperature', '1', 'found "1", expected a number >= 0'],
  ['topP', 2, 'found 2, expected a number > 0 and <= 1'],
  ['topP', 0, 'found 0, expected a number > 0 and <= 1'],
  ['topK', -1, 'found -1, expected an integer >= 0'],
  ['topK', 1.5, 'found 1.5, expected an integer >= 0'],
  ['group', 2.5, 'found 2.5, expected an integer >= 1'],
  ['group', 0, 'found 0, expected an integer >= 1'],
  ['maxTokens', 0, 'found 0, expected an integer >= 1'],
  ['maxTokens', Infinity, 'found Infinity, expected an integer >= 1'],
  ['maxTokens', undefined, 'found nothing, expected an integer >= 1'],
  ['seed', 0.5, 'found 0.5, expected an integer >= 0'],
]

describe('sampling', () => {
  it.each(impossible)('refuses %s %o, in every place that takes it', (name, value, message) => {
    const refused = new RangeError(`sampling.${name}: ${message}`)
    const settings = { sampling: but({ [name]: value }) }
    expect(() => rollout(marblePolicy(), settings.sampling)).toThrow(refused)
    expect(train(settings)).toThrow(refused)
    expect(judge(settings)).toThrow(refused)
  })

  it('refuses to train on greedy samples, and evaluates them', () => {
    expect(train({ sampling: but({ temperature: 0 }) })).toThrow('sampling.temperature: found 0, expected a number > 0')
    expect(judge({ sampling: but({ temperature: 0 }) })).not.toThrow()
  })
})

describe('a call refuses', () => {
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ['steps -1', train({ steps: -1 }), 'steps: found -1, expected an integer >= 1'],
    ['steps 0', train({ steps: 0 }), 'steps: found 0, expected an integer >= 1'],
    ['steps 2.5', train({ steps: 2.5 }), 'steps: found 2.5, expected an integer >= 1'],
    ['prompts 0', train({ demand: { prompts: 0 } }), 'prompts: found 0, expected an integer >= 1'],
    ['inFlight NaN', train({ demand: { inFlight: NaN } }), 'inFlight: found NaN, expected an integer >= 1'],
    ['firstStep -1', judge({ demand: { firstStep: -1 } }), 'firstStep: found -1, expected an integer >= 0'],
    [
      'a time limit',
      train({ reward: { timeLimit: 0 } }),
      'timeLimit: found 0, expected milliseconds in (0, 2147483647]',
    ],
    ['a concurrency', judge({ reward: { concurrency: 0 } }), 'concurrency: found 0, expected an integer >= 1'],
    ['a k above the samples', judge({ ks: [1, 3] }), 'ks[1]: found 3, expected at most 2, the samples of a prompt'],
    ['k 0', judge({ ks: [0] }), 'ks[0]: found 0, expected an integer >= 1'],
    ['k 1.5', () => evaluate({ ks: [1.5] }), 'ks[0]: found 1.5, expected an integer >= 1'],
    ['a seed of intervals', () => evaluate({ ks: [1], seed: -1 }), 'seed: found -1, expected an integer >= 0'],
    [
      'pretraining steps -1',
      () => pretraining(fakeLearner(), none, { steps: -1, batch: 1 }),
      'steps: found -1, expected an integer >= 1',
    ],
    [
      'pretraining batch 0',
      () => pretraining(fakeLearner(), none, { steps: 1, batch: 0 }),
      'batch: found 0, expected an integer >= 1',
    ],
    [
      'a demand',
      () => createDemand({ prompts: 2 ** 60, inFlight: 1 }),
      'prompts: found 1152921504606847000, expected an integer >= 1',
    ],
    ['count -1', () => countdown({ count: -1 }), 'count: found -1, expected an integer >= 1'],
    ['largest 0.5', () => countdown({ largest: 0.5 }), 'largest: found 0.5, expected an integer >= 1'],
    ['highest 0', () => countdown({ highest: 0 }), 'highest: found 0, expected an integer >= 1'],
    ['blind 2', () => countdown({ blind: 2 }), 'blind: found 2, expected a number >= 0 and <= 1'],
    ['steps 0', () => moves({ steps: 0 }), 'steps: found 0, expected an integer >= 1'],
    ['largest 1.5', () => moves({ largest: 1.5 }), 'largest: found 1.5, expected an integer >= 1'],
    ['highest 1', () => moves({ highest: 1 }), 'highest: found 1, expected an integer >= 2'],
    ['blind -1', () => moves({ blind: -1 }), 'blind: found -1, expected a number >= 0 and <= 1'],
    ['a split', () => countdown().prompts('dev' as never, 0), 'split: found "dev", expected one of train, tune, test'],
    ['a seed of prompts', () => countdown().prompts('train', NaN), 'seed: found NaN, expected an integer >= 0'],
    ['a position', () => countdown().prompts('train', 0, -1), 'from: found -1, expected an integer >= 0'],
    ['a rate', () => constantRate(NaN), 'rate: found NaN, expected a number >= 0'],
    ['a warm-up', () => constantRate(1, -1), 'warmup: found -1, expected an integer >= 0'],
    ['a peak', () => warmupCosine({ peak: -1, warmup: 0, steps: 1 }), 'peak: found -1, expected a number >= 0'],
    ['eps', () => grpo({ eps: -1 }), 'eps: found -1, expected a number >= 0'],
    ['positiveWeight', () => wReinforce({ positiveWeight: NaN }), 'positiveWeight: found NaN, expected a number >= 0'],
    [
      'gamma',
      () => gae({ rewards_T: [], values_T: [] }, { gamma: 2 }),
      'gamma: found 2, expected a number >= 0 and <= 1',
    ],
    ['resamples', () => bootstrap([1], { seed: 0, resamples: 0 }), 'resamples: found 0, expected an integer >= 1'],
    ['a level', () => bootstrap([1], { seed: 0, level: 95 }), 'level: found 95, expected a number >= 0 and <= 1'],
    ['a cap', () => truncate(0), 'cap: found 0, expected a number > 0'],
    ['a cap of masking', () => maskSequence(NaN), 'cap: found NaN, expected a number > 0'],
    [
      'a penalty',
      () => overlong(fixedVerifier(1), { limit: 4, cache: 2, factor: NaN }),
      'overlong factor: found NaN, expected a number >= 0',
    ],
    [
      'a KL coefficient',
      () => klPenalty(policies, { klCoefficient: -1 }, { firstStep: 0 }),
      'klCoefficient: found -1, expected a number >= 0',
    ],
    [
      'a KL estimator',
      () => klPenalty(policies, { klForm: 'k9' as never }, { firstStep: 0 }),
      'klForm: found "k9", expected one of k1, k2, k3',
    ],
    ['clipLow', () => objectives.ppoClip({ clipLow: NaN }), 'clipLow: found NaN, expected a number >= 0'],
    ['dualClip', () => objectives.ppoClip({ dualClip: -1 }), 'dualClip: found -1, expected a number > 0, or null'],
    ['minibatches', () => objectives.ppoClip({ minibatches: 0 }), 'minibatches: found 0, expected an integer >= 1'],
    [
      'an aggregation',
      () => objectives.ppoClip({ aggregation: 'mean' as never }),
      'aggregation: found "mean", expected one of',
    ],
    ['ratioHigh', () => objectives.cispo({ ratioHigh: -1 }), 'ratioHigh: found -1, expected a number >= 0'],
    ['mu', () => objectives.clipB({ mu: NaN }), 'mu: found NaN, expected a number >= 0'],
    ['maxShare', () => objectives.clipV({ maxShare: 2 }), 'maxShare: found 2, expected a number >= 0 and <= 1'],
    ['covRatio', () => objectives.clipCov({ covRatio: -1 }), 'covRatio: found -1, expected a number >= 0 and <= 1'],
    ['covShare', () => objectives.klCov({ covShare: 7 }), 'covShare: found 7, expected a number >= 0 and <= 1'],
    ['zeta', () => objectives.repoR({ zeta: NaN }), 'zeta: found NaN, expected a number'],
    ['a gain', () => controllers.entropic({ kp: -1 }), 'kp: found -1, expected a number >= 0'],
    [
      'a form',
      () => controllers.entropic({ form: 'own' as never }),
      'form: found "own", expected one of paper, released',
    ],
    ['a clip step', () => controllers.adapo({ step: NaN }), 'step: found NaN, expected a number >= 0'],
    ['a target', () => controllers.adaptiveEntropy({ target: -1 }), 'target: found -1, expected a number >= 0'],
    ['a zeta', () => controllers.repoRController({ most: 0 }), 'most: found 0, expected a number > 0'],
  ]
  it.each(cases)('%s', (_, call, message) => {
    expect(call).toThrow(RangeError)
    expect(call).toThrow(message)
  })

  const batchwise = { name: 'batchwise', scope: 'batch', rewards: 'any', advantages: () => [] } as const
  it.each<readonly [string, () => unknown]>([
    ['toBatches', () => toBatches(none)],
    ['collectGroups', () => collectGroups(none)],
    ['klPenalty', () => klPenalty(policies, {}, none)],
    ['advantage over a batch', () => advantage(batchwise, none)],
  ])('%s without the demand that a later first step needs', (_, call) => {
    expect(call).toThrow(
      'demand.firstStep: found nothing, expected an integer >= 0: pass the demand that `prompts` has',
    )
  })
})

describe('an effect fails for', () => {
  it.each(['cuda', 'onnx-gpu', '', 7])('the engine %o, with the names of all engines', async (name) => {
    const opened = await openEngine(name as never)()
    expect(opened).toMatchObject(E.left({ _tag: 'EngineMissing' }))
    expect(opened).toMatchObject(
      E.left({ message: `engine: found ${JSON.stringify(name)}, expected one of ${engineNames.join(', ')}` }),
    )
  })

  it.each([0, -1, 1.5, NaN])('%d threads', async (threads) => {
    expect(await openEngine('onnx', { threads })()).toMatchObject(
      E.left({ message: `threads: found ${threads}, expected an integer >= 1` }),
    )
  })

  it.each([-1, 0, 2.5, NaN])('%d distinct prompts', async (count) => {
    expect(await distinctPrompts(countdown().prompts('test', 0), count)()).toMatchObject(
      E.left({ place: 'count', found: String(count), expected: 'an integer >= 1' }),
    )
  })

  it.each<readonly [Partial<Record<keyof DataTaskOptions, unknown>>, string]>([
    [{ maxTokens: 0 }, 'own: maxTokens: found 0, expected an integer >= 1'],
    [{ maxPromptTokens: -1 }, 'own: maxPromptTokens: found -1, expected an integer >= 1'],
    [{ heldOut: { tune: 2, test: 0 } }, 'own: tune: found 2, expected a number >= 0 and <= 1'],
    [{ layout: 'csv' }, 'own: layout: found "csv", expected one of'],
    [{ rewardScale: 'ternary' }, 'own: rewardScale: found "ternary", expected one of signed, binary'],
    [{ skipBroken: 1 }, 'own: skipBroken: found 1, expected true or false'],
    [{ verifier: null }, 'own: verifier: found null, expected a function'],
  ])('the options %j of a task', async (options, message) => {
    const given = {
      name: 'own',
      rows: { train: [rowsAtHand('own', [])] },
      template: promptTemplates.raw.create(null),
      tokenizer: countdown().tokenizer,
      verifier: fixedVerifier(1),
      rewardScale: 'signed',
      maxTokens: 4,
      ...options,
    } as DataTaskOptions
    const found = await dataTask(given)()
    expect(E.isLeft(found) && found.left.message).toContain(message)
  })
})

describe('countdown', () => {
  it('says that its options leave a split without problems, instead of searching for ever', () => {
    const task = countdown({ count: 1, largest: 1, highest: 1 })
    const one = (split: 'train' | 'tune' | 'test') => () => {
      for (const prompt of task.prompts(split, 0)) return prompt
      return null
    }
    const found = (['train', 'tune', 'test'] as const).map((split) => {
      try {
        return one(split)()?.text
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(found.filter((text) => text === '1=1:')).toHaveLength(1)
    expect(found.filter((text) => text?.includes('found no problem of split'))).toHaveLength(2)
  })
})

describe('the options of algorithms', () => {
  const values: readonly unknown[] = [
    -1,
    0,
    0.5,
    1,
    1.5,
    2,
    NaN,
    Infinity,
    -Infinity,
    null,
    '',
    '1',
    'k1',
    'loss',
    'none',
    'paper',
    'token-mean',
    'truncate',
    true,
    {},
    [],
  ]

  it('are refused in code if the command line refuses them', () => {
    const seen = { refused: 0, accepted: 0 }
    for (const { create, defaults } of Object.values(algorithms))
      for (const name of Object.keys(defaults))
        for (const value of values) {
          const isRefused = E.isLeft(OptionsCodec.decode({ [name]: value }))
          if (!isRefused) seen.accepted++
          if (!isRefused) continue
          seen.refused++
          expect(
            () => create(ports(), { band, sampling, algorithm: { [name]: value } }),
            `${name} ${String(value)}`,
          ).toThrow(`algorithm.${name}: found`)
        }
    expect(Math.min(seen.refused, seen.accepted)).toBeGreaterThan(100)
  })

  it('are named in the error', () => {
    expect(() => algorithms.grpo.create(ports(), { band, sampling, algorithm: { clipLow: 2 } })).toThrow(
      new RangeError('algorithm.clipLow: found 2, expected a number > 0 and <= 1'),
    )
  })
})

describe('a verifier of an evaluation', () => {
  it('that fails on every completion ends it with an error', async () => {
    const broken = () => of({ value: NaN, correct: false })
    await expect(
      lastValueFrom(evaluation({ ...ports(), verifier: broken }, { ks: [1], sampling })),
    ).rejects.toMatchObject({
      _tag: 'NoVerdict',
    })
  })
})
