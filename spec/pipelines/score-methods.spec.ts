import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { calibratedWeights } from '#lib/entropy/controller/calibrated-weights.js'
import { controllers } from '#lib/entropy/controller/index.js'
import { type FilterName, filters } from '#lib/entropy/filter/index.js'
import { predictedChange_BT, predictionNames } from '#lib/entropy/predicted-change.js'
import { objectives } from '#lib/objective/index.js'
import { withEntropyBonus } from '#lib/objective/with-entropy-bonus.js'
import { withKl } from '#lib/objective/with-kl.js'
import { withTopEntropy } from '#lib/objective/with-top-entropy.js'
import { PipelineError } from '#lib/pipeline-error.js'
import { type ScoreMethod, scoreMethods } from '#lib/rollout/scores.js'
import { type AlgorithmName, algorithms } from '#pipelines/algorithms/index.js'
import { measureEntropy } from '#pipelines/measure-entropy.js'
import type { Stages } from '#pipelines/stages.js'
import { trainingPipeline } from '#pipelines/training-pipeline.js'
import { aBatch, aPrompt, fakeLearner, fixedVerifier, marblePolicy, someScores } from '#testing.js'

const { 'ppo-clip': ppoClip } = objectives
const stages: Stages = { estimator: grpo(), objective: ppoClip.create() }
const portsOf = (scoreMethod: ScoreMethod) => ({
  policy: marblePolicy({ scoreMethod, entropy: 0.7 }),
  learner: fakeLearner(),
  reference: marblePolicy({ scoreMethod }),
  verifier: fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)),
  rewardScale: 'signed' as const,
  prompts: ['a', 'b'].map((id) => aPrompt(id)),
})
const options = {
  band: () => ({ low: 0.4, high: 0.6 }),
  sampling: { group: 2, maxTokens: 8, seed: 7 },
  demand: { prompts: 1 },
}

/** Error message of a call that creates a pipeline; null if it creates one. */
const refusalOf = (create: () => unknown): string | null => {
  try {
    create()
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(PipelineError)
    expect(error).toMatchObject({ _tag: 'BadAlgorithm' })
    return (error as Error).message
  }
}
const refusal = (method: ScoreMethod, but: Partial<Stages>) =>
  refusalOf(() => trainingPipeline({ ...stages, ...but })(portsOf(method), options))

/** Stages that read more of a distribution than the log-prob of the sampled token, with what the message says that they read. */
const refused: readonly (readonly [string, Partial<Stages>, reads: string, instead: string])[] = [
  ['filter predicted', { filter: filters.predicted.create() }, 'S and E_p[S]', 'use the filter sign or calibrated,'],
  [
    'filter predicted-token',
    { filter: filters['predicted-token'].create() },
    'S and E_p[S]',
    'use the filter sign or calibrated-token,',
  ],
  [
    'filter calibrated',
    { filter: filters.calibrated.create({ prediction: 'covariance' }) },
    'the entropy',
    'set `prediction` to sampled',
  ],
  [
    'filter calibrated',
    { filter: filters.calibrated.create({ prediction: 's-form' }) },
    'S and E_p[S]',
    'set `prediction` to sampled',
  ],
  [
    'filter calibrated-token',
    { filter: filters['calibrated-token'].create({ prediction: 'covariance' }) },
    'the entropy',
    'set `prediction` to sampled',
  ],
  [
    'controller calibrated-weights',
    { controller: calibratedWeights({ prediction: 'covariance' }) },
    'the entropy',
    'set `prediction` to sampled',
  ],
  [
    'objective ppo-clip',
    { objective: withEntropyBonus(ppoClip.create(), 0.01) },
    'the entropy of every token and its gradient',
    'leave the entropy bonus out',
  ],
  [
    'objective ppo-clip',
    { objective: withKl(withTopEntropy(ppoClip.create(), 0.2)) },
    'the entropy of every token, to find the highest',
    'train on all tokens',
  ],
  ['objective clip-b', { objective: objectives['clip-b'].create() }, 'S of every', 'use the objective clip-cov'],
  ['objective clip-v', { objective: objectives['clip-v'].create() }, 'S and E_p[S]', 'use the objective clip-cov'],
]

/** Every registered filter, objective and controller that works with log-probs alone. */
const accepted: readonly (readonly [string, Partial<Stages>])[] = [
  ...(['everything', 'sign', 'estimator-swap', 'calibrated', 'calibrated-token'] satisfies FilterName[]).map(
    (name) => [`filter ${name}`, { filter: filters[name].create() }] as const,
  ),
  ...(['calibrated', 'calibrated-token'] satisfies FilterName[]).map(
    (name) => [`filter ${name}`, { filter: filters[name].create({ prediction: 'sampled' }) }] as const,
  ),
  ...Object.entries(objectives)
    .filter(([name]) => name !== 'clip-b' && name !== 'clip-v')
    .map(([name, { create }]) => [`objective ${name}`, { objective: create() }] as const),
  ...Object.entries(controllers).map(([name, { create }]) => [`controller ${name}`, { controller: create() }] as const),
  ['controller calibrated-weights', { controller: calibratedWeights({ prediction: 'sampled' }) }],
]

describe('a policy with sampled scores', () => {
  it.each(refused)('refuses %s before anything starts', (stage, but, reads, instead) => {
    const message = refusal('sampled', but)
    expect(message).toContain(`${stage}: found the scores of the policy \`sampled\``)
    expect(message).toContain(`expected \`exact\` or \`top-k\`, because it reads ${reads}`)
    expect(message).toContain(`; ${instead}`)
  })

  it.each(accepted)('trains with %s', async (_, but) => {
    const ports = portsOf('sampled')
    const reports = await lastValueFrom(trainingPipeline({ ...stages, ...but })(ports, options).pipe(toArray()))
    expect(reports).toHaveLength(2)
    for (const { entropy, diagnostics } of reports) {
      expect(entropy).toMatchObject({ scoreMethod: 'sampled', drift: 1 })
      expect(entropy.entropyError).toBeCloseTo(0, 9)
      expect(entropy.entropy).toBeCloseTo(0.7, 6)
      expect([diagnostics.logBaseline, diagnostics.aboveBaseline]).toEqual([NaN, NaN])
      expect(diagnostics.logLikelihood.all).toBeCloseTo(-0.7, 6)
    }
  })

  it.each([{ temperature: 0.8 }, { topK: 20 }, { topP: 0.9 }])('refuses samples of another distribution: %o', (but) => {
    const sampling = { ...options.sampling, ...but }
    const { policy, prompts, ...ports } = portsOf('sampled')
    for (const create of [
      () => trainingPipeline(stages)({ ...ports, policy, prompts }, { ...options, sampling }),
      () => measureEntropy({ policy, prompts }, { ...options, sampling }),
    ])
      expect(refusalOf(create)).toMatch(/^sampled scores: found sampling temperature .+, expected 1, 0 and 1, because/)
    expect(() => trainingPipeline(stages)({ ...portsOf('top-k') }, { ...options, sampling })).not.toThrow()
  })
})

describe.each(['exact', 'top-k'] as const)('a policy with %s scores', (method) => {
  it.each([...refused.map(([name, but]) => [name, but] as const), ...accepted])('trains with %s', async (_, but) => {
    const run$ = trainingPipeline({ ...stages, ...but })(portsOf(method), options)
    const reports = await lastValueFrom(run$.pipe(toArray()))
    expect(reports.map(({ entropy }) => entropy.scoreMethod)).toEqual([method, method])
    expect(reports[0]!.entropy.entropyError).toBe(method === 'exact' ? 0 : 0.125)
    expect(reports[0]!.diagnostics.logBaseline).not.toBeNaN()
  })
})

describe('a learner that knows only log-probs of sampled tokens', () => {
  it.each(refused)('refuses objectives that read more, and no other stage: %s', (stage, but, reads) => {
    const learner = { ...fakeLearner(), scoreMethod: 'sampled' as const }
    const message = refusalOf(() => trainingPipeline({ ...stages, ...but })({ ...portsOf('exact'), learner }, options))
    if (but.objective === undefined) expect(message).toBeNull()
    else
      expect(message).toMatch(
        new RegExp(
          `^${stage}: found the scores of the learner \`sampled\`.* reads ${reads.replaceAll(/[[\]]/g, '\\$&')}`,
        ),
      )
  })
})

describe('stages without a pipeline that checks them', () => {
  it.each(predictionNames.filter((name) => name !== 'sampled'))(
    'refuse the prediction %s of sampled scores',
    (name) => {
      const batch = { ...aBatch(), scores: someScores(aBatch(), 0.5, 0, 'sampled') }
      expect(() => predictedChange_BT(batch, name)).toThrow(
        `prediction ${name}: found the scores of the policy \`sampled\``,
      )
    },
  )

  it('predict from sampled scores by their log-probs, unless another form is named', () => {
    const batch = { ...aBatch(), scores: someScores(aBatch(), 0.5, 0, 'sampled') }
    expect(predictedChange_BT(batch)).toEqual(predictedChange_BT(batch, 'sampled'))
    const exact = { ...batch, scores: someScores(batch) }
    expect(predictedChange_BT(exact)).toEqual(predictedChange_BT(exact, 's-form'))
  })
})

describe('algorithms', () => {
  const names = Object.keys(algorithms) as AlgorithmName[]
  it.each(names)('%s tells before a model is loaded whether it fits the scores', (name) => {
    const { checkScores, create } = algorithms[name]
    for (const method of scoreMethods)
      expect(refusalOf(() => checkScores(method))).toEqual(refusalOf(() => create(portsOf(method), options)))
  })

  it('are checked with the options and the filter of the run', () => {
    const { checkScores } = algorithms.grpo
    expect(refusalOf(() => checkScores('sampled', { filter: filters.sign.create() }))).toBeNull()
    expect(refusalOf(() => checkScores('sampled', { filter: filters.predicted.create() }))).toContain(
      'filter predicted',
    )
    expect(refusalOf(() => checkScores('sampled', { algorithm: { entropyCoefficient: 0.01 } }))).toContain('bonus')
    expect(refusalOf(() => checkScores('sampled', { algorithm: { topEntropyQuantile: 0.2 } }))).toContain('highest')
  })

  it('without a distribution are the ones that read log-probs alone', () => {
    const unfit = names.filter((name) => refusalOf(() => algorithms[name].checkScores('sampled')) !== null)
    expect(unfit.toSorted()).toEqual(['adaptive-entropy', 'clip-b', 'clip-v', 'entrocraft-predicted', 'entropy-loss'])
  })
})
