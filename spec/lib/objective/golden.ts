import { readFileSync } from 'node:fs'
import { gradient } from '#lib/compute/gradient.js'
import { input, reshape } from '#lib/compute/operation/index.js'
import type { Program } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { tokenStatistics } from '#lib/model/token-statistics.js'
import { floats, identity, ints } from '../model/golden.js'
import { aggregations, type AggregationName } from '#lib/objective/aggregations.js'
import { type ObjectiveEntry, type ObjectiveName, objectives } from '#lib/objective/index.js'
import type { KlFormName } from '#lib/objective/kl-forms.js'
import { lossFeed } from '#lib/objective/loss-feed.js'
import { lossOf } from '#lib/objective/loss.js'
import type { Minibatch } from '#lib/objective/minibatch.js'
import { type CorrectionName, corrections } from '#lib/objective/corrections.js'
import type { Objective } from '#lib/objective/objective.js'
import { withEntropyBonus } from '#lib/objective/with-entropy-bonus.js'
import { withKl } from '#lib/objective/with-kl.js'
import { withTopEntropy } from '#lib/objective/with-top-entropy.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import type { Scores } from '#lib/rollout/scores.js'
import { aCompletion, anEntropyState, aPrompt, aReward } from '#testing.js'
import { interpret } from '../compute/reference/interpret.js'
import type { ReferenceTensor } from '../compute/reference/tensor.js'

type Matrix = readonly (readonly number[])[]

/** Output of bench/reference/objectives.py. */
interface Golden {
  readonly estimators: readonly {
    readonly estimator: string
    readonly batch: string
    readonly groups: readonly { readonly rewards_G: readonly number[]; readonly tokens_G: readonly number[] }[]
    readonly advantages: readonly (readonly (number | null)[])[]
  }[]
  readonly gae: readonly {
    readonly rewards_T: readonly number[]
    readonly values_T: readonly number[]
    readonly gamma: number
    readonly lambda: number
    readonly advantages_T: readonly number[]
    readonly returns_T: readonly number[]
  }[]
  readonly batches: readonly GoldenBatch[]
}

export interface GoldenBatch {
  readonly name: string
  readonly vocabulary: number
  readonly groups_B: readonly number[]
  readonly rewards_B: readonly number[]
  readonly advantages_B: readonly number[]
  readonly lengths_B: readonly number[]
  readonly targets_BT: Matrix
  readonly logits_BTV: readonly Matrix[]
  readonly old_BT: Matrix
  readonly reference_BT: Matrix
  readonly sampler_BT: Matrix
  readonly mask_BT: Matrix
  readonly expected: readonly Expected[]
}

/** One objective with its options and additions, and the reference numbers of its loss. */
export interface Expected {
  readonly objective: ObjectiveName
  readonly options: Readonly<Record<string, number>>
  readonly aggregation: AggregationName
  readonly norm?: number
  readonly klCoefficient?: number
  readonly klForm?: KlFormName
  readonly klAnyForm?: boolean
  readonly entropyCoefficient?: number
  readonly topEntropyQuantile?: number
  readonly mismatch?: CorrectionName
  readonly mismatchCap?: number
  readonly loss: number
  readonly marked_BT?: Matrix
  readonly gradient_BTV: readonly Matrix[]
}

export const golden = JSON.parse(
  readFileSync(new URL('../../golden/objectives.json', import.meta.url), 'utf8'),
) as Golden

export const objectiveOf = (expected: Expected): Objective => {
  const { objective, options, aggregation, norm = null, klCoefficient, klForm, entropyCoefficient } = expected
  const { klAnyForm = false, topEntropyQuantile = 1 } = expected
  // The options in the golden file are the options of the factory in the registry.
  const { create }: ObjectiveEntry = objectives[objective]
  const plain = create({ ...options, aggregation: aggregations[aggregation].create(norm ?? Number.NaN) })
  const ofTopEntropy = topEntropyQuantile < 1 ? withTopEntropy(plain, topEntropyQuantile) : plain
  const penalised =
    klCoefficient === undefined || klForm === undefined
      ? ofTopEntropy
      : withKl(ofTopEntropy, { klCoefficient, klForm, klAnyForm })
  return entropyCoefficient === undefined ? penalised : withEntropyBonus(penalised, entropyCoefficient)
}

const logitsInput = ({ logits_BTV, vocabulary }: GoldenBatch) =>
  input('logits', [logits_BTV.length, logits_BTV[0]!.length, vocabulary])

const statisticsOf = (batch: GoldenBatch, logits: ReturnType<typeof logitsInput>) => {
  const [rows, length] = [batch.logits_BTV.length, batch.logits_BTV[0]!.length]
  const flat = reshape(logits, [rows * length, batch.vocabulary])
  const statistics = tokenStatistics(
    flat,
    identity(batch.vocabulary),
    reshape(input('targets', [rows, length], 'int32'), [rows * length]),
  )
  const matrix = (name: keyof typeof statistics) => reshape(statistics[name], [rows, length])
  return {
    logprob: matrix('logprob'),
    entropy: matrix('entropy'),
    s: matrix('s'),
    expectedS: matrix('expectedS'),
    squares: matrix('squares'),
  }
}

const logitsFeed = ({ logits_BTV, targets_BT, vocabulary }: GoldenBatch): Record<string, ReferenceTensor> => {
  const shape = [targets_BT.length, targets_BT[0]!.length]
  return {
    logits: floats([...shape, vocabulary], logits_BTV.flat(2)),
    targets: ints(shape, targets_BT.flat()),
  }
}

/** Program of the loss of a whole batch and of its gradient with respect to the logits. */
export const lossProgram = (batch: GoldenBatch, objective: Objective): Program => {
  const logits = logitsInput(batch)
  const outputs = lossOf(objective, statisticsOf(batch, logits), logits.shape.slice(0, 2))
  return program(objective.name, { loss: outputs.loss, gradient: gradient(outputs.loss, [logits])[0]! })
}

/** Minibatch of a whole golden batch, as the learner receives it; its scores are computed from the logits. */
export const minibatchOf = (batch: GoldenBatch, { mismatch, mismatchCap = NaN }: Expected): Minibatch => {
  const { groups_B, rewards_B, advantages_B, lengths_B, targets_BT, mask_BT } = batch
  const width = targets_BT[0]!.length
  const found = interpret(program('statistics', statisticsOf(batch, logitsInput(batch))), logitsFeed(batch))
  const scores = (logprobs_BT: Iterable<number>): Scores => ({
    version: 0,
    method: 'exact',
    logprobs_BT: Float32Array.from(logprobs_BT),
    entropy_BT: Float32Array.from(found['entropy']!.data),
    distribution: {
      s_BT: Float32Array.from(found['s']!.data),
      expectedS_BT: Float32Array.from(found['expectedS']!.data),
      squares_BT: Float32Array.from(found['squares']!.data),
    },
  })
  const filtered: FilteredBatch = {
    step: 0,
    width,
    responses: rewards_B.map((reward, b) => ({
      prompt: aPrompt(`p${groups_B[b]!}`),
      group: groups_B[b]!,
      reward: aReward(reward),
      completion: aCompletion(lengths_B[b], {
        logprobs_T: Float32Array.from(batch.sampler_BT[b]!.slice(0, lengths_B[b])),
      }),
    })),
    advantages_B: Float32Array.from(advantages_B),
    failures: [],
    zeroVarianceGroups: 1,
    discardedGroups: 0,
    scores: scores(batch.old_BT.flat()),
    referenceLogprobs_BT: Float32Array.from(batch.reference_BT.flat()),
    state: anEntropyState(0),
    mask_BT: Uint8Array.from(mask_BT.flat()),
    accepted_B: mask_BT.map((row) => row.includes(1)),
  }
  const corrected =
    mismatch === undefined ? filtered : { ...filtered, ...corrections[mismatch].create(mismatchCap)(filtered) }
  return {
    batch: corrected,
    rows: [...corrected.accepted_B.keys()].filter((b) => corrected.accepted_B[b]),
    count: 1,
    scores: scores(found['logprob']!.data),
    draw: (place) => (place * 0.618) % 1,
  }
}

/** Inputs that the loss program reads. */
export const feedOf = (golden: GoldenBatch, objective: Objective, minibatch: Minibatch, reads: Program['inputs']) => {
  const { matrices, scalars } = lossFeed(objective, minibatch)
  const [rows, width] = [golden.targets_BT.length, golden.targets_BT[0]!.length]
  const laidOut = Object.entries(matrices).map(([name, value]) => {
    const data = new Float64Array(rows * width)
    for (const b of minibatch.rows)
      for (let t = 0; t < golden.lengths_B[b]!; t++) data[b * width + t] = value(b, b * width + t)
    return [name, floats([rows, width], data)] as const
  })
  const feed: Record<string, ReferenceTensor> = {
    ...logitsFeed(golden),
    ...Object.fromEntries(laidOut),
    ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, floats([], [value])])),
  }
  return Object.fromEntries(Object.entries(feed).filter(([name]) => reads.has(name)))
}
