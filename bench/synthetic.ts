import { from, lastValueFrom } from 'rxjs'
import type { Engine } from '../lib/compute/engine/engine.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import type { DecoderConfig } from '../lib/model/decoder-config.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { initialWeights, weightShapes } from '../lib/model/weights.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import type { Objective } from '../lib/objective/objective.js'
import { type LocalModel, localModel, type LocalModelOptions } from '../lib/policy/local/local-model.js'
import { uniform } from '../lib/random/uniform.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import type { Tokenizer } from '../lib/tokenizer/tokenizer.js'
import type { BenchModel } from './models.js'
import { orThrow } from '../lib/or-throw.js'

/** Creates random token sequences, one token longer than the input of the model, because each position predicts the next. */
export const createSequences = ({ config, rows, length }: BenchModel): readonly Int32Array[] =>
  Array.from({ length: rows }, (_, row) =>
    Int32Array.from({ length: length + 1 }, (_, t) => Math.floor(uniform(row, t) * config.vocabulary)),
  )

/** Log-probability of each token under the old policy. The peers use the same value. */
export const OLD_LOGPROB = -4
/** Advantage of a row: -1, 0 or 1. The peers use the same values. */
export const advantageOf = (row: number): number => (row % 3) - 1

/** Creates a batch in which all tokens train except the first of each sequence, which is its prompt. */
export const createBatch = (model: BenchModel): FilteredBatch => {
  const { rows, length: width } = model
  const matrix = (value: number) => new Float32Array(rows * width).fill(value)
  return {
    step: 0,
    responses: createSequences(model).map((tokens, group) => ({
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
    advantages_B: Float32Array.from({ length: rows }, (_, row) => advantageOf(row)),
    width,
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
    scores: {
      version: 0,
      method: 'exact',
      logprobs_BT: matrix(OLD_LOGPROB),
      entropy_BT: matrix(0),
      distribution: { s_BT: matrix(0), expectedS_BT: matrix(0), squares_BT: matrix(0) },
    },
    state: {
      step: 0,
      entropy: 0,
      scoreMethod: 'exact',
      entropyError: 0,
      band: { low: 0, high: 1 },
      nextBand: { low: 0, high: 1 },
      steered: null,
      drift: 0,
      measuredChange: null,
      predictedChange: 0,
    },
    mask_BT: new Uint8Array(rows * width).fill(1),
    accepted_B: Array.from({ length: rows }, () => true),
  }
}

/** Tokenizer without an end token, so that every completion has the maximum length. */
const endless = (vocabulary: number): Tokenizer => ({
  vocabulary,
  ends: [],
  encode: () => [],
  decode: () => '',
})

/** Creates a model with random weights on an engine. */
export const createModel = (
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

/** Numbers that {@link repeatedWeights} repeats. */
const REPEATED = 2 ** 20

/**
 * Model whose matrices repeat the same random numbers, because time and memory do not depend on them, and random numbers for each
 * weight of a large model take longer than what is measured. Norms are 1.
 */
export const repeatedWeights = (config: DecoderConfig): ModelSource => ({
  config,
  metadata: {},
  weights: {
    [Symbol.iterator]: function* () {
      const numbers = Float32Array.from({ length: REPEATED }, (_, i) => 0.08 * (uniform(1, i) - 0.5))
      for (const [name, shape] of weightShapes(config)) {
        const data = new Float32Array(sizeOf(shape))
        if (shape.length === 1) data.fill(1)
        else
          for (let start = 0; start < data.length; start += REPEATED)
            data.set(numbers.subarray(0, data.length - start), start)
        yield [name, { shape, data }] as const
      }
    },
  },
})

/** Returns a function that makes one update (forward, backward, AdamW) and returns the loss. */
export const createUpdate =
  ({ learner }: LocalModel, batch: FilteredBatch, objective: Objective) =>
  async (): Promise<number> => {
    const report = await lastValueFrom(from(learner.update(batch, objective)))
    if (report.status === 'skipped') throw new Error(`the update was skipped: ${report.reason}`)
    return report.loss
  }
