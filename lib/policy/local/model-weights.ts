import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import {
  checkWeights,
  iterateWeights,
  type ModelSource,
  typeOfTensor,
  withWeights,
} from '../../model/model-checkpoint.js'
import { mapWeights, trainedShapes, type WeightMap } from '../../model/weights.js'
import type { HostTensor } from '../../compute/program/node.js'
import { describeThrown } from '../../describe.js'
import { PipelineError } from '../../pipeline-error.js'
import { createParameterStore, type ParameterStore } from '../parameter-store.js'
import { freeTensors, type NamedTensors } from './leased-weights.js'
import { uploadTensors, uploadWeights } from './upload.js'

/** Weights of a model on the engine that trains it. */
export interface ModelWeights {
  /** Parameters before the first update. The store owns them. */
  readonly initial: WeightMap<DeviceTensor>
  /** Versions of the parameters: the weights that train. */
  readonly store: ParameterStore
  /** Weights that never change. */
  readonly frozen: NamedTensors
}

/**
 * Uploads the weights of a model; the parameters are those of `state` if it is given.
 *
 * @errors CheckpointError, PipelineError EngineFailed; nothing stays on the engine then
 */
export const openModelWeights = (
  engine: Engine,
  checkpoint: ModelSource,
  state?: TrainingState,
): TE.TaskEither<PipelineError | CheckpointError, ModelWeights> =>
  pipe(
    TE.fromEither(state === undefined ? E.right(checkpoint) : resumedSource(checkpoint, state)),
    TE.chain((source) => TE.tryCatch(() => uploadWeights(engine, source), uploadError)),
    TE.map((weights) => {
      const trained = trainedShapes(checkpoint.config)
      const initial = new Map([...weights].filter(([name]) => trained.has(name)))
      const frozen = Object.fromEntries([...weights].filter(([name]) => !trained.has(name)))
      return { initial, store: createParameterStore(initial, state?.version), frozen }
    }),
  )

/** Uploads the weights of a model that train. @errors CheckpointError, PipelineError EngineFailed; nothing stays on the engine then */
export const openParameters = (
  engine: Engine,
  checkpoint: ModelSource,
): TE.TaskEither<PipelineError | CheckpointError, WeightMap<DeviceTensor>> =>
  TE.tryCatch(() => uploadTensors(engine, parametersOf(checkpoint)), uploadError)

async function* parametersOf(checkpoint: ModelSource): AsyncGenerator<readonly [string, HostTensor]> {
  const trained = trainedShapes(checkpoint.config)
  for await (const [name, { shape, data }] of iterateWeights(checkpoint))
    if (trained.has(name)) yield [name, { shape, data }]
}

/** Replaces the weights that train by those of a state. @errors CheckpointError for a state of another model */
const resumedSource = (checkpoint: ModelSource, state: TrainingState): E.Either<CheckpointError, ModelSource> =>
  pipe(
    E.traverseArray((tensors: WeightMap<HostTensor>) =>
      checkWeights(trainedShapes(checkpoint.config), mapWeights(tensors, typeOfTensor), 'the training state'),
    )([state.parameters, state.firstMoments, state.secondMoments]),
    E.map(() => withWeights(checkpoint, state.parameters)),
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
