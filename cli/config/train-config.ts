import type * as t from 'io-ts'
import { engineNames } from '../../lib/compute/engine/engine-name.js'
import { type TaskName, tasks } from '../../lib/task/index.js'
import { type PipelineName, pipelines } from '../../pipelines/index.js'
import { type BandPlan, BandPlanCodec } from './band-plan.js'
import { closed, isMapping } from './closed.js'
import { integerFrom, oneOf, positive, share, text } from './fields.js'
import type { Settings } from './layer.js'

export const taskNames = Object.keys(tasks) as TaskName[]
export const algorithmNames = Object.keys(pipelines) as PipelineName[]

/** Everything that decides the numbers of a training run. @units lengths in tokens, bands in nats per token */
export const TrainConfigCodec = closed({
  task: oneOf(taskNames),
  algorithm: oneOf(algorithmNames),
  /** A file, or the name of a checkpoint that comes with entrain. */
  checkpoint: text,
  seed: integerFrom(0),
  steps: integerFrom(1),
  /** Prompts a step, and completions of each. */
  prompts: integerFrom(1),
  group: integerFrom(2),
  /** Batches on their way at once; 1 is strictly on-policy. */
  inFlight: integerFrom(1),
  temperature: positive,
  topK: integerFrom(0),
  topP: share,
  maxTokens: integerFrom(1),
  band: BandPlanCodec,
  /** Of AdamW; it rises over the warm-up and stays. */
  learningRate: positive,
  /** Optimiser steps over which the learning rate rises. */
  warmup: integerFrom(0),
  /** Optimiser steps a batch. */
  minibatches: integerFrom(1),
  /** The ratio is clipped to [1 - low, 1 + high]. */
  clip: closed({ low: share, high: positive }),
  engine: oneOf(['auto', ...engineNames]),
  /** Most sequences in one engine run: it decides memory, and numbers only by rounding. */
  microBatch: integerFrom(1),
  /** Held-out prompts, and samples of each. */
  evaluation: closed({ prompts: integerFrom(1), samples: integerFrom(1) }),
})

export type TrainConfig = t.TypeOf<typeof TrainConfigCodec>

const ramp = { from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 } }

/** The recommended regime. */
export const trainDefaults = {
  task: 'countdown',
  algorithm: 'entrocraft-predicted',
  checkpoint: 'countdown',
  seed: 1,
  steps: 200,
  prompts: 32,
  group: 8,
  inFlight: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  maxTokens: 12,
  band: { schedule: 'linear', ...ramp },
  learningRate: 1e-4,
  warmup: 10,
  minibatches: 1,
  clip: { low: 0.2, high: 0.2 },
  engine: 'auto',
  microBatch: 64,
  evaluation: { prompts: 128, samples: 8 },
} satisfies TrainConfig

const bandDefaults: Readonly<Record<string, Settings>> = {
  constant: { schedule: 'constant', from: ramp.from },
  linear: trainDefaults.band,
  cosine: { schedule: 'cosine', ...ramp },
  piecewise: { schedule: 'piecewise' },
} satisfies Record<BandPlan['schedule'], Settings>

/** A layer that names another schedule starts from that schedule's defaults: the fields of one mean nothing to another. */
export const bandAfresh = (below: Settings, above: Settings): Settings => {
  const named = isMapping(above['band']) ? above['band']['schedule'] : undefined
  const held = isMapping(below['band']) ? below['band']['schedule'] : undefined
  const fresh = typeof named === 'string' && named !== held ? bandDefaults[named] : undefined
  return fresh === undefined ? below : { ...below, band: fresh }
}
