import { from, lastValueFrom } from 'rxjs'
import type { Engine } from '../lib/compute/engine/engine.js'
import { initialWeights } from '../lib/model/weights.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import type { Objective } from '../lib/objective/objective.js'
import { type LocalModel, localModel, type LocalModelOptions } from '../lib/policy/local/local-model.js'
import { uniform } from '../lib/random/uniform.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import type { Tokenizer } from '../lib/tokenizer/tokenizer.js'
import type { BenchModel } from './models.js'
import { orThrow } from '../lib/or-throw.js'

/** Sequences of tokens drawn by key, one longer than what the model reads: every position predicts the next. */
export const syntheticSequences = ({ config, rows, length }: BenchModel): readonly Int32Array[] =>
  Array.from({ length: rows }, (_, row) =>
    Int32Array.from({ length: length + 1 }, (_, t) => Math.floor(uniform(row, t) * config.vocabulary)),
  )

/** What the peers are given too. */
export const OLD_LOGPROB = -4
export const syntheticAdvantage = (row: number): number => (row % 3) - 1

/** A batch in which every token but the first of each sequence, its prompt, trains. */
export const syntheticBatch = (model: BenchModel): FilteredBatch => {
  const { rows, length: width } = model
  const matrix = (value: number) => new Float32Array(rows * width).fill(value)
  return {
    step: 0,
    responses: syntheticSequences(model).map((tokens, group) => ({
      prompt: { id: `${group}`, text: '', tokens: [tokens[0]!], reference: '' },
      completion: {
        tokens: tokens.slice(1),
        logprobs_T: new Float32Array(width).fill(OLD_LOGPROB),
        text: '',
        finish: 'length',
        version: 0,
      },
      reward: { value: 0, correct: false },
      group,
    })),
    advantages_B: Float32Array.from({ length: rows }, (_, row) => syntheticAdvantage(row)),
    width,
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
    scores: {
      version: 0,
      logprobs_BT: matrix(OLD_LOGPROB),
      entropy_BT: matrix(0),
      s_BT: matrix(0),
      expectedS_BT: matrix(0),
      squares_BT: matrix(0),
    },
    state: {
      step: 0,
      entropy: 0,
      band: { low: 0, high: 1 },
      steered: null,
      drift: 0,
      measuredChange: null,
      predictedChange: 0,
    },
    mask_BT: new Uint8Array(rows * width).fill(1),
    accepted_B: Array.from({ length: rows }, () => true),
  }
}

/** No token ends a completion: every one is as long as it may be. */
const endless = (vocabulary: number): Tokenizer => ({
  vocabulary,
  ends: [],
  encode: () => [],
  decode: () => '',
})

/** A fresh model of these sizes on an engine. */
export const freshModel = (
  engine: Engine,
  { config }: BenchModel,
  options: Partial<LocalModelOptions> = {},
): Promise<LocalModel> =>
  orThrow(
    localModel({
      engine,
      checkpoint: { config, weights: initialWeights(config, 1), metadata: {} },
      tokenizer: endless(config.vocabulary),
      learningRate: constantRate(1e-4),
      ...options,
    }),
  )

/** One update of a model: forward, backward, AdamW. Gives the loss. */
export const updateOn =
  ({ learner }: LocalModel, batch: FilteredBatch, objective: Objective) =>
  async (): Promise<number> => {
    const report = await lastValueFrom(from(learner.update(batch, objective)))
    if (report.status === 'skipped') throw new Error(`the update was skipped: ${report.reason}`)
    return report.loss
  }
