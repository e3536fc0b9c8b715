import type { DeviceTensor } from '../../compute/engine/engine.js'
import { parameterFeed, type Parameters, trainedShapes } from '../../model/parameters.js'
import { adamwProgram, type AdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import { keyedUniform, shuffle } from '../../random/uniform.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch, Scores } from '../../rollout/batch.js'
import { freeGradients, minibatchGradients } from './minibatch-gradients.js'
import type { Model } from './model.js'
import { scoresOf } from './score.js'
import { chunks } from './sequences.js'
import { emptyTally, type Tally } from './tally.js'

/** Weights and AdamW moments between updates. Whoever holds one owns its tensors. */
export interface OptimizerState {
  readonly parameters: Parameters<DeviceTensor>
  readonly firstMoments: Parameters<DeviceTensor>
  readonly secondMoments: Parameters<DeviceTensor>
  readonly steps: number
}

export interface UpdateOptions {
  readonly adamw: AdamWOptions
  readonly learningRate: LearningRate
  /** First part of the key by which a batch is shuffled into minibatches. */
  readonly seed: number
}

/** A batch's optimiser steps, all or none: what stopped them leaves the state they started from untouched. */
export type Updated =
  | { readonly status: 'done'; readonly state: OptimizerState; readonly tally: Tally }
  | { readonly status: 'cancelled' }
  | { readonly status: 'nothing-accepted' | 'non-finite-loss' }

export const freeState = ({ parameters, firstMoments, secondMoments }: OptimizerState): void => {
  for (const set of [parameters, firstMoments, secondMoments]) for (const tensor of set.values()) tensor.dispose()
}

/** One optimiser step per minibatch of accepted responses. The state passed in stays its owner's. */
export const update = async (
  model: Model,
  options: UpdateOptions,
  start: OptimizerState,
  batch: FilteredBatch,
  objective: Objective,
  signal: AbortSignal,
): Promise<Updated> => {
  if (!batch.accepted_B.includes(true)) return { status: 'nothing-accepted' }
  let state = start
  const tally = emptyTally()
  const replaceState = (next: OptimizerState) => {
    if (state !== start) freeState(state)
    state = next
  }
  const stepOn = async (rows: readonly number[], place: number, count: number) => {
    const scores = await scoresBefore(model, state, start, batch, rows, objective, signal)
    if (scores === null) return
    const minibatch = { batch, rows, count, scores, draw: keyedUniform(options.seed, batch.step, place, MARKS) }
    const gradients = await minibatchGradients(model, state.parameters, minibatch, objective, tally, signal)
    if (gradients === null) return
    const next = await adamwStep(model, options, state, gradients).finally(() => freeGradients(gradients))
    replaceState(next.state)
    tally.norms.push(next.norm)
  }
  try {
    const minibatches = minibatchesOf(batch, objective, options.seed)
    for (const [place, rows] of minibatches.entries()) {
      await stepOn(rows, place, minibatches.length)
      const finite = Number.isFinite(tally.loss) && tally.norms.every((norm) => Number.isFinite(norm))
      if (finite && !signal.aborted) continue
      replaceState(start)
      return { status: finite ? 'cancelled' : 'non-finite-loss' }
    }
    return { status: 'done', state, tally }
  } catch (error) {
    replaceState(start)
    throw error
  }
}

/** Last part of the key of an objective's draws, apart from that of the shuffle. */
const MARKS = 1

/**
 * What the weights say of a minibatch before it is trained on. The batch was scored by those it starts with; later
 * minibatches are scored again, for the objectives that look.
 */
const scoresBefore = async (
  model: Model,
  state: OptimizerState,
  start: OptimizerState,
  batch: FilteredBatch,
  rows: readonly number[],
  { marks }: Objective,
  signal: AbortSignal,
): Promise<Scores | null> =>
  marks === undefined || state === start
    ? batch.scores
    : scoresOf(model, { version: batch.scores.version, parameters: state.parameters }, batch, rows, signal)

/** Accepted responses, shuffled by key when there is more than one minibatch. */
const minibatchesOf = ({ step: batch, accepted_B }: FilteredBatch, objective: Objective, seed: number): number[][] => {
  const accepted = [...accepted_B.keys()].filter((row) => accepted_B[row])
  if (objective.minibatches === 1) return [accepted]
  return chunks(shuffle(accepted, seed, batch), Math.ceil(accepted.length / objective.minibatches))
}

const adamwStep = async (
  { config, replicas: [{ executables }] }: Model,
  { adamw, learningRate }: UpdateOptions,
  state: OptimizerState,
  gradients: Readonly<Record<string, DeviceTensor>>,
): Promise<{ state: OptimizerState; norm: number }> => {
  const shapes = trainedShapes(config)
  const step = await executables.get(config, `adamw ${JSON.stringify(adamw)}`, () => adamwProgram(shapes, adamw))
  const number = (value: number) => ({ shape: [], data: Float32Array.of(value) })
  const { device, host } = await step.run(
    {
      ...gradients,
      ...parameterFeed(state.parameters, 'parameter.'),
      ...parameterFeed(state.firstMoments, 'first.'),
      ...parameterFeed(state.secondMoments, 'second.'),
      rate: number(learningRate(state.steps)),
      firstCorrection: number(1 / (1 - adamw.beta1 ** (state.steps + 1))),
      secondCorrection: number(1 / (1 - adamw.beta2 ** (state.steps + 1))),
    },
    ['norm'],
  )
  const set = (prefix: string) => new Map([...shapes.keys()].map((name) => [name, device[prefix + name]!]))
  return {
    norm: host['norm']!.data[0]!,
    state: {
      parameters: set('parameter.'),
      firstMoments: set('first.'),
      secondMoments: set('second.'),
      steps: state.steps + 1,
    },
  }
}
