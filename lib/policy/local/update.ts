import type { DeviceTensor } from '../../compute/engine/engine.js'
import { parameterFeed, type Parameters, parameterShapes } from '../../model/parameters.js'
import { adamwProgram, type AdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import { shuffled } from '../../random/uniform.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import { freeGradients, minibatchGradients } from './minibatch-gradients.js'
import type { Model } from './model.js'
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
  cancelled: () => boolean,
): Promise<Updated> => {
  if (!batch.accepted_B.includes(true)) return { status: 'nothing-accepted' }
  let state = start
  const tally = emptyTally()
  const replaceState = (next: OptimizerState) => {
    if (state !== start) freeState(state)
    state = next
  }
  try {
    for (const members of minibatches(batch, objective, options.seed)) {
      const gradients = await minibatchGradients(model, state.parameters, batch, members, objective, tally, cancelled)
      if (gradients !== null) {
        const next = await adamwStep(model, options, state, gradients).finally(() => freeGradients(gradients))
        replaceState(next.state)
        tally.norms.push(next.norm)
      }
      const finite = Number.isFinite(tally.loss) && tally.norms.every((norm) => Number.isFinite(norm))
      if (finite && !cancelled()) continue
      replaceState(start)
      return { status: finite ? 'cancelled' : 'non-finite-loss' }
    }
    return { status: 'done', state, tally }
  } catch (error) {
    replaceState(start)
    throw error
  }
}

/** Accepted responses, shuffled by key when there is more than one minibatch. */
const minibatches = ({ batch, accepted_B }: FilteredBatch, objective: Objective, seed: number): number[][] => {
  const accepted = [...accepted_B.keys()].filter((member) => accepted_B[member])
  if (objective.minibatches === 1) return [accepted]
  return chunks(shuffled(accepted, seed, batch), Math.ceil(accepted.length / objective.minibatches))
}

const adamwStep = async (
  { config, executables }: Model,
  { adamw, learningRate }: UpdateOptions,
  state: OptimizerState,
  gradients: Readonly<Record<string, DeviceTensor>>,
): Promise<{ state: OptimizerState; norm: number }> => {
  const shapes = parameterShapes(config)
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
