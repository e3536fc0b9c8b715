import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { Shape } from '../../compute/program/node.js'
import type { WeightMap } from '../../model/weights.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import { uploadTensors, uploadZeros } from './upload.js'

/** Parameters and AdamW moments between two updates. The holder of a state owns its tensors. */
export interface OptimizerState {
  readonly parameters: WeightMap<DeviceTensor>
  readonly firstMoments: WeightMap<DeviceTensor>
  readonly secondMoments: WeightMap<DeviceTensor>
  /** Number of optimiser steps so far. */
  readonly steps: number
}

type Moments = Pick<OptimizerState, 'firstMoments' | 'secondMoments'>

/** Store of a learner's optimiser state. It owns the moments; the parameters belong to the parameter store. */
export interface OptimizerStore {
  readonly state: OptimizerState
  /** Creates the moments on the first call, so that a model that only samples has none. @errors PipelineError EngineFailed */
  prepare(): Promise<void>
  /** Takes ownership of the moments of the next state and frees those of the state before. */
  replace(next: OptimizerState): void
  dispose(): void
}

/** Creates a store whose state is the given parameters, before the first optimiser step or after those of a training state. */
export const createOptimizerStore = (
  engine: Engine,
  parameters: WeightMap<DeviceTensor>,
  shapes: WeightMap<Shape>,
  start?: TrainingState,
): OptimizerStore => {
  let state: OptimizerState = {
    parameters,
    firstMoments: new Map(),
    secondMoments: new Map(),
    steps: start?.optimizerSteps ?? 0,
  }
  let preparation: Promise<void> | undefined
  return {
    get state() {
      return state
    },
    prepare: () =>
      (preparation ??= uploadMoments(engine, shapes, start).then(
        (moments) => {
          state = { ...state, ...moments }
        },
        (error: unknown) => {
          preparation = undefined
          throw error
        },
      )),
    replace: (next) => {
      freeMoments(state)
      state = next
    },
    dispose: () => freeMoments(state),
  }
}

const uploadMoments = async (engine: Engine, shapes: WeightMap<Shape>, start?: TrainingState): Promise<Moments> => {
  const upload = (moments: TrainingState['firstMoments'] | undefined) =>
    moments === undefined ? uploadZeros(engine, shapes) : uploadTensors(engine, moments)
  const firstMoments = await upload(start?.firstMoments)
  try {
    return { firstMoments, secondMoments: await upload(start?.secondMoments) }
  } catch (error) {
    freeMap(firstMoments)
    throw error
  }
}

const freeMap = (tensors: WeightMap<DeviceTensor>): void => {
  for (const tensor of tensors.values()) tensor.dispose()
}

const freeMoments = ({ firstMoments, secondMoments }: Moments): void => {
  freeMap(firstMoments)
  freeMap(secondMoments)
}

/** Frees the parameters and the moments of a state that was not published. */
export const freeState = (state: OptimizerState): void => {
  freeMap(state.parameters)
  freeMoments(state)
}
