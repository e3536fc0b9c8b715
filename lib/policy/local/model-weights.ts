import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import { type ModelSource, withWeights } from '../../model/model-checkpoint.js'
import { trainedShapes, type WeightMap } from '../../model/weights.js'
import { describeThrown } from '../../describe.js'
import { PipelineError } from '../../pipeline-error.js'
import { createParameterStore, type ParameterStore } from '../parameter-store.js'
import { freeTensors, type NamedTensors } from './leased-weights.js'
import { uploadWeights } from './upload.js'

/** Weights of a model on the engine that trains it. */
export interface ModelWeights {
  /** Parameters before the first update. The store owns them. */
  readonly initial: WeightMap<DeviceTensor>
  /** Versions of the parameters: the weights that train. */
  readonly store: ParameterStore
  /** Weights that never change. */
  readonly frozen: NamedTensors
}

/** Uploads the weights of a model, with the parameters of a training state if one is given. @errors CheckpointError, PipelineError EngineFailed; nothing stays on the engine then */
export const openModelWeights = (
  engine: Engine,
  checkpoint: ModelSource,
  state?: TrainingState,
): TE.TaskEither<PipelineError | CheckpointError, ModelWeights> =>
  pipe(
    TE.tryCatch(
      () => uploadWeights(engine, state === undefined ? checkpoint : withWeights(checkpoint, state.parameters)),
      uploadError,
    ),
    TE.map((weights) => {
      const trained = trainedShapes(checkpoint.config)
      const initial = new Map([...weights].filter(([name]) => trained.has(name)))
      const frozen = Object.fromEntries([...weights].filter(([name]) => !trained.has(name)))
      return { initial, store: createParameterStore(initial, state?.version), frozen }
    }),
  )

/** Frees the newest parameters and the frozen weights. Leased parameters are freed on release. */
export const freeModelWeights = ({ store, frozen }: ModelWeights): void => {
  store.dispose()
  freeTensors(frozen)
}

/** An engine fails with PipelineError, so any other failure is one of the source of the weights. */
const uploadError = (cause: unknown): PipelineError | CheckpointError =>
  cause instanceof PipelineError || cause instanceof CheckpointError
    ? cause
    : new CheckpointError('the checkpoint', describeThrown(cause), 'weights that can be read', { cause })
