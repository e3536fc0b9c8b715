import { EMPTY, lastValueFrom, type ObservableInput, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Learner, UpdateReport } from '#lib/policy/learner.js'
import type { Policy } from '#lib/policy/policy.js'
import type { Distribution, Scores } from '#lib/rollout/scores.js'
import type { Completion } from '#lib/rollout/completion.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { klPenalty } from '#operators/kl-penalty.js'
import { pretraining } from '#pipelines/pretraining.js'
import { trainingPipeline } from '#pipelines/training-pipeline.js'
import { aCompletion, anUpdate, aPrompt, aRewardedGroup, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'
import { awkward } from '../awkward.js'

/** Ports of a run of two steps: prompts a and b, then c and d, each with completions of 1 and 2 tokens. */
interface Ports {
  readonly policy: Policy
  readonly learner: Learner
  readonly reference?: Pick<Policy, 'score'>
  readonly prompts?: readonly Prompt[]
}

const run = ({ prompts = ['a', 'b', 'c', 'd'].map((id) => aPrompt(id)), ...ports }: Ports) =>
  lastValueFrom(
    trainingPipeline({ estimator: grpo(), objective: ppoClip() })(
      {
        ...ports,
        prompts,
        verifier: fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)),
        rewardScale: 'signed',
      },
      { band: () => ({ low: 0, high: 9 }), sampling: { group: 2, maxTokens: 2, seed: 0 }, demand: { prompts: 2 } },
    ).pipe(toArray()),
  )

/** Changes the group of prompt b, or what a function makes of all groups of step 0. */
type Groups = readonly RolloutGroup[]
const sampling = (change: (groups: Groups) => ObservableInput<unknown>): Ports => ({
  policy: marblePolicy({
    sample: (groups, { step }) => (step === 0 ? change(Object.values(groups)) : Object.values(groups)) as Groups,
  }),
  learner: fakeLearner(),
})
const group = (but: object) => sampling(([a, b]) => [a, { ...b!, ...but }])
const completion = (but: Partial<Record<keyof Completion, unknown>>) =>
  group({ completions: [aCompletion(1), { ...aCompletion(2), ...but }] })
const scoring = (change: (scores: Scores) => unknown): Ports => ({
  policy: marblePolicy({ score: (scores, { step }) => of((step === 1 ? change(scores) : scores) as Scores) }),
  learner: fakeLearner(),
})
/** Changes a matrix of the scores at the last token of the last response: completion of 2 tokens of prompt d. */
const scored = (name: 'logprobs_BT' | 'entropy_BT', value: number) =>
  scoring((scores) => ({ ...scores, [name]: scores[name].with(-1, value) }))
const distributed = (name: keyof Distribution, value: number) =>
  scoring((scores) => ({
    ...scores,
    distribution: { ...scores.distribution, [name]: scores.distribution![name].with(-1, value) },
  }))
const referring = (change: (scores: Scores) => unknown): Ports => ({
  policy: marblePolicy(),
  learner: fakeLearner(),
  reference: marblePolicy({ score: (scores) => of(change(scores) as Scores) }),
})
const updating = (change: (report: UpdateReport) => unknown): Ports => ({
  policy: marblePolicy(),
  learner: fakeLearner({
    update: (report, { step }) => of((step === 1 ? change(report) : report) as UpdateReport),
  }),
})
const updated = (but: object) => updating((report) => ({ ...report, ...but }))
const skipped = (but: object) => updating(() => ({ status: 'skipped', version: 1, reason: 'non-finite-loss', ...but }))

const b = 'policy.sample, step 0, prompt "b"'
const b1 = `${b}, completion 1`
const d = 'policy.score, step 1, prompt "d", completion of response 3'
const nothing = undefined

const faulty: readonly (readonly [string, Ports, string])[] = [
  // Groups
  ['no group', sampling(() => EMPTY), 'step 0: found 0 groups from the policy, expected 2'],
  ['a group missing', sampling(([a]) => [a]), 'step 0: found 1 groups from the policy, expected 2'],
  [
    'a group twice',
    sampling(([a]) => [a, a]),
    'policy.sample, step 0: index of a group: found 0, expected each index once',
  ],
  ['a third group', sampling(([a, c]) => [a, c, a]), 'step 0: found more groups from the policy than its 2 prompts'],
  [
    'nothing as a group',
    sampling(([a]) => [a, nothing]),
    'policy.sample, step 0: step of a group: found nothing, expected 0',
  ],
  [
    'a text as a group',
    sampling(([a]) => [a, 'b']),
    'policy.sample, step 0: step of a group: found nothing, expected 0',
  ],
  ['another step', group({ step: 1 }), 'policy.sample, step 0: step of a group: found 1, expected 0'],
  ['a step that is no number', group({ step: '0' }), 'policy.sample, step 0: step of a group: found "0", expected 0'],
  ['an index beyond the prompts', group({ index: 2 }), 'index of a group: found 2, expected an integer from 0 to 1'],
  ['an index below 0', group({ index: -1 }), 'index of a group: found -1, expected an integer from 0 to 1'],
  ['an index between', group({ index: 0.5 }), 'index of a group: found 0.5, expected an integer from 0 to 1'],
  ['another number of groups', group({ groups: 3 }), `${b}: groups: found 3, expected 2`],
  ['no number of groups', group({ groups: nothing }), `${b}: groups: found nothing, expected 2`],
  ['the prompt of another group', group({ prompt: aPrompt('a') }), `${b}: prompt.id: found "a", expected "b"`],
  ['no prompt', group({ prompt: null }), `${b}: prompt.id: found nothing, expected "b"`],
  ['no completions', group({ completions: nothing }), `${b}: completions: found nothing, expected an array of 2`],
  [
    'too few completions',
    group({ completions: [aCompletion()] }),
    `${b}: completions: found an array of 1, expected an array of 2`,
  ],
  [
    'too many completions',
    group({ completions: [1, 2, 2].map((n) => aCompletion(n)) }),
    `${b}: completions: found an array of 3, expected`,
  ],
  [
    'null as a completion',
    group({ completions: [aCompletion(1), null] }),
    `${b1}: tokens: found nothing, expected an Int32Array`,
  ],
  // Completions
  [
    'an empty completion',
    completion({ tokens: new Int32Array(), logprobs_T: new Float32Array() }),
    `${b1}: tokens: found Int32Array of 0, expected at least one token`,
  ],
  [
    'a completion that is too long',
    completion(aCompletion(3)),
    `${b1}: tokens: found Int32Array of 3, expected at most 2 tokens`,
  ],
  ['tokens as an array', completion({ tokens: [1, 2] }), `${b1}: tokens: found an array of 2, expected an Int32Array`],
  [
    'tokens as floats',
    completion({ tokens: Float32Array.of(1, 2) }),
    `${b1}: tokens: found Float32Array of 2, expected an Int32Array`,
  ],
  [
    'a negative token',
    completion({ tokens: Int32Array.of(1, -2) }),
    `${b1}: tokens[1]: found -2, expected an integer >= 0`,
  ],
  [
    'too few log-probs',
    completion({ logprobs_T: Float32Array.of(-1) }),
    `${b1}: logprobs_T: found Float32Array of 1, expected a Float32Array of 2`,
  ],
  [
    'too many log-probs',
    completion({ logprobs_T: new Float32Array(3) }),
    `${b1}: logprobs_T: found Float32Array of 3, expected a Float32Array of 2`,
  ],
  [
    'log-probs as an array',
    completion({ logprobs_T: [-1, -1] }),
    `${b1}: logprobs_T: found an array of 2, expected a Float32Array of 2`,
  ],
  [
    'no log-probs',
    completion({ logprobs_T: nothing }),
    `${b1}: logprobs_T: found nothing, expected a Float32Array of 2`,
  ],
  [
    'a log-prob NaN',
    completion({ logprobs_T: Float32Array.of(-1, NaN) }),
    `${b1}: logprobs_T[1]: found NaN, expected a finite number <= 0`,
  ],
  [
    'a log-prob -Infinity',
    completion({ logprobs_T: Float32Array.of(-Infinity, -1) }),
    `${b1}: logprobs_T[0]: found -Infinity, expected a finite number <= 0`,
  ],
  [
    'a positive log-prob',
    completion({ logprobs_T: Float32Array.of(-1, 0.5) }),
    `${b1}: logprobs_T[1]: found 0.5, expected a finite number <= 0`,
  ],
  ['no text', completion({ text: nothing }), `${b1}: text: found nothing, expected a text`],
  ['another end', completion({ finish: 'eos' }), `${b1}: finish: found "eos", expected stop or length`],
  ['no version', completion({ version: nothing }), `${b1}: version: found nothing, expected an integer >= 0`],
  ['a version below 0', completion({ version: -1 }), `${b1}: version: found -1, expected an integer >= 0`],
  // Scores
  ['no scores', scoring(() => nothing), 'policy.score, step 1: found nothing, expected scores'],
  [
    'no matrix',
    scoring((scores) => ({ ...scores, distribution: { ...scores.distribution, s_BT: nothing } })),
    'policy.score, step 1: distribution.s_BT: found nothing, expected a Float32Array of 8',
  ],
  [
    'a matrix that is too short',
    scoring((scores) => ({ ...scores, logprobs_BT: scores.logprobs_BT.slice(1) })),
    'policy.score, step 1: logprobs_BT: found Float32Array of 7, expected a Float32Array of 8, 4 responses of 2 tokens',
  ],
  [
    'a matrix that is too long',
    scoring((scores) => ({ ...scores, entropy_BT: new Float32Array(9) })),
    'policy.score, step 1: entropy_BT: found Float32Array of 9, expected a Float32Array of 8',
  ],
  [
    'a matrix of doubles',
    scoring((scores) => ({ ...scores, distribution: { ...scores.distribution, squares_BT: new Float64Array(8) } })),
    'policy.score, step 1: distribution.squares_BT: found Float64Array of 8, expected a Float32Array of 8',
  ],
  ['a score NaN', scored('logprobs_BT', NaN), `${d}: logprobs_BT of token 1: found NaN, expected a finite number <= 0`],
  [
    'a positive score',
    scored('logprobs_BT', 1),
    `${d}: logprobs_BT of token 1: found 1, expected a finite number <= 0`,
  ],
  [
    'an entropy NaN',
    scored('entropy_BT', NaN),
    `${d}: entropy_BT of token 1: found NaN, expected a finite number >= 0`,
  ],
  [
    'a negative entropy',
    scored('entropy_BT', -1),
    `${d}: entropy_BT of token 1: found -1, expected a finite number >= 0`,
  ],
  [
    'an infinite entropy',
    scored('entropy_BT', Infinity),
    `${d}: entropy_BT of token 1: found Infinity, expected a finite number >= 0`,
  ],
  [
    'an S that is NaN',
    distributed('s_BT', NaN),
    `${d}: distribution.s_BT of token 1: found NaN, expected a finite number`,
  ],
  [
    'an expected S that is infinite',
    distributed('expectedS_BT', -Infinity),
    `${d}: distribution.expectedS_BT of token 1: found -Infinity, expected a finite number`,
  ],
  [
    'squares above 1',
    distributed('squares_BT', 1.5),
    `${d}: distribution.squares_BT of token 1: found 1.5, expected a number from 0 to 1`,
  ],
  [
    'scores that do not say how they were made',
    scoring((scores) => ({ ...scores, method: nothing })),
    'policy.score, step 1: method: found nothing, expected exact, the scoreMethod of the policy',
  ],
  [
    'scores of another method than the policy says',
    scoring(({ distribution: _, ...scores }) => ({ ...scores, method: 'sampled' })),
    'policy.score, step 1: method: found "sampled", expected exact, the scoreMethod of the policy',
  ],
  [
    'exact scores without statistics',
    scoring((scores) => ({ ...scores, distribution: nothing })),
    'policy.score, step 1: distribution: found nothing, expected statistics of exact scores',
  ],
  [
    'a version of scores that is no integer',
    scoring((scores) => ({ ...scores, version: 0.5 })),
    'policy.score, step 1: version: found 0.5, expected an integer >= 0',
  ],
  // Reference
  ['no reference scores', referring(() => null), 'reference.score, step 0: found null, expected scores'],
  [
    'reference scores that are too short',
    referring((scores) => ({ ...scores, logprobs_BT: new Float32Array(2) })),
    'reference.score, step 0: logprobs_BT: found Float32Array of 2, expected a Float32Array of 8',
  ],
  [
    'a reference score NaN',
    referring((scores) => ({ ...scores, logprobs_BT: scores.logprobs_BT.with(0, NaN) })),
    'reference.score, step 0, prompt "a", completion of response 0: logprobs_BT of token 0: found NaN',
  ],
  [
    'a positive reference score',
    referring((scores) => ({ ...scores, logprobs_BT: scores.logprobs_BT.with(0, 2) })),
    'reference.score, step 0, prompt "a", completion of response 0: logprobs_BT of token 0: found 2',
  ],
  // Reports
  ['no report', updating(() => nothing), 'learner.update, step 1: found nothing, expected a report'],
  [
    'another status',
    updated({ status: 'done' }),
    'learner.update, step 1: status: found "done", expected updated or skipped',
  ],
  [
    'a version that goes back',
    updated({ version: 0 }),
    'learner.update, step 1: version: found 0, expected an integer >= 1: versions never go back',
  ],
  [
    'no version of an update',
    updated({ version: nothing }),
    'learner.update, step 1: version: found nothing, expected an integer >= 1',
  ],
  ['a loss NaN', updated({ loss: NaN }), 'learner.update, step 1: loss: found NaN, expected a finite number'],
  ['no loss', updated({ loss: nothing }), 'learner.update, step 1: loss: found nothing, expected a finite number'],
  [
    'a negative norm',
    updated({ gradientNorm: -1 }),
    'learner.update, step 1: gradientNorm: found -1, expected a finite number >= 0',
  ],
  [
    'an infinite learning rate',
    updated({ learningRate: Infinity }),
    'learner.update, step 1: learningRate: found Infinity, expected a finite number >= 0',
  ],
  [
    'no optimiser steps',
    updated({ optimizerSteps: 0 }),
    'learner.update, step 1: optimizerSteps: found 0, expected an integer >= 1',
  ],
  [
    'a share above 1',
    updated({ clipFraction: 2 }),
    'learner.update, step 1: clipFraction: found 2, expected a number from 0 to 1',
  ],
  ['a KL that is a text', updated({ kl: '0' }), 'learner.update, step 1: kl: found "0", expected a number'],
  [
    'no ratio',
    updated({ ratio: nothing }),
    'learner.update, step 1: ratio: found nothing, expected numbers min <= max',
  ],
  [
    'ratios in the wrong order',
    updated({ ratio: { min: 2, max: 1 } }),
    'learner.update, step 1: ratio: found an object, expected numbers min <= max',
  ],
  [
    'another reason',
    skipped({ reason: 'tired' }),
    'learner.update, step 1: reason: found "tired", expected one of nothing-accepted',
  ],
  [
    'a skipped version that goes back',
    skipped({ version: 0 }),
    'learner.update, step 1: version: found 0, expected an integer >= 1',
  ],
]

describe('a port that returns', () => {
  it.each(faulty)('%s ends the run with an error that names it', async (_, ports, message) => {
    await expect(run(ports)).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: expect.stringContaining(message) as string,
    })
  })

  it('are more than 44', () => {
    expect(faulty.length).toBeGreaterThan(44)
  })

  it.each(awkward)('%s in any place ends the run with a typed error, or with its own', async (_, value) => {
    const places: readonly Ports[] = [
      sampling(([a]) => [a, value()]),
      ...['step', 'index', 'groups', 'prompt', 'completions'].map((field) => group({ [field]: value() })),
      ...(['tokens', 'logprobs_T', 'text', 'finish', 'version'] as const).map((field) =>
        completion({ [field]: value() }),
      ),
      ...['version', 'logprobs_BT', 'entropy_BT'].map((field) =>
        scoring((scores) => ({ ...scores, [field]: value() })),
      ),
      scoring(value),
      referring(value),
      updating(value),
      ...['status', 'version', 'loss', 'kl', 'ratio'].map((field) => updated({ [field]: value() })),
      skipped({ reason: value() }),
    ]
    for (const ports of places)
      expect(
        await run(ports).then(
          () => 'ended',
          (error: unknown) => error instanceof Error,
        ),
      ).toBe(true)
  })
})

describe('versions', () => {
  it('of scores may not go back', async () => {
    const ports = scoring((scores) => scores)
    const policy = marblePolicy({ score: (scores, { step }) => of({ ...scores, version: 5 - step }) })
    await expect(run({ ...ports, policy })).rejects.toThrow(
      'policy.score, step 1: version: found 4, expected an integer >= 5: versions never go back',
    )
  })

  it('of completions may not go back from one step to the next', async () => {
    const policy = marblePolicy({
      sample: (groups, { step }) =>
        Object.values(groups).map((each) => ({
          ...each,
          completions: each.completions.map((one) => ({ ...one, version: 5 - step })),
        })),
    })
    await expect(run({ policy, learner: fakeLearner() })).rejects.toThrow(
      'policy.sample, step 1, prompt c, completion 0: version: found 4, expected an integer >= 5, as in step 0',
    )
  })
})

describe('a vocabulary', () => {
  it('bounds the tokens of completions and of prompts, if the policy declares one', async () => {
    const policy = { ...marblePolicy(), vocabulary: 4 }
    const prompts = [aPrompt('a', { tokens: [1, 4] })]
    await expect(run({ policy, learner: fakeLearner(), prompts })).rejects.toThrow(
      'prompt a of step 0: tokens[1]: found 4, expected a token from 0 to 3, the vocabulary',
    )
    const outside = { ...completion({ tokens: Int32Array.of(1, 9) }).policy, vocabulary: 4 }
    await expect(run({ policy: outside, learner: fakeLearner() })).rejects.toThrow(
      `${b1}: tokens[1]: found 9, expected a token from 0 to 3, the vocabulary`,
    )
  })
})

describe('other stages', () => {
  it('check the scores of the reference of a KL penalty', async () => {
    const reference = marblePolicy({ score: (scores) => of({ ...scores, logprobs_BT: new Float32Array(1) }) })
    const penalised$ = of(aRewardedGroup()).pipe(klPenalty({ policy: marblePolicy(), reference }, {}, { firstStep: 0 }))
    await expect(lastValueFrom(penalised$)).rejects.toThrow(
      'reference.score, step 0: logprobs_BT: found Float32Array of 1',
    )
  })

  it('check the reports of supervised training', async () => {
    const learner = fakeLearner({ update: () => of({ ...anUpdate(), loss: NaN } as UpdateReport) })
    const demonstration = () => ({ prompt: aPrompt(), text: '', tokens: [1] })
    await expect(lastValueFrom(pretraining(learner, demonstration, { steps: 1, batch: 1 }))).rejects.toThrow(
      'learner.update, step 0: loss: found NaN, expected a finite number',
    )
  })

  it('report a policy that samples without a number', async () => {
    const nothing = Float32Array.of(NaN, NaN)
    const completions = [aCompletion(2, { logprobs_T: nothing }), aCompletion(2, { logprobs_T: nothing })]
    await expect(run(group({ completions }))).rejects.toMatchObject({
      _tag: 'Diverged',
      message:
        'step 0: found log-prob NaN in every token that the policy sampled for prompt "b", expected a finite number: the weights have diverged; go on from an earlier checkpoint, with a lower learning rate',
    })
  })

  it.each([
    ['sampler', completion({ logprobs_T: Float32Array.of(-1, NaN) })],
    ['scorer', scored('logprobs_BT', -Infinity)],
  ])('name the remedy for a number of the %s that is not finite', async (_, ports) => {
    await expect(run(ports)).rejects.toThrow(
      'if the weights have diverged, go on from an earlier checkpoint, with a lower learning rate',
    )
  })

  it('still report weights that have diverged', async () => {
    await expect(
      run(scoring((scores) => ({ ...scores, entropy_BT: scores.entropy_BT.map(() => NaN) }))),
    ).rejects.toMatchObject({ _tag: 'Diverged' })
  })
})
