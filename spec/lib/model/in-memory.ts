import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import type { ModelCheckpoint, ModelSource } from '#lib/model/model-checkpoint.js'

/** Reads all weights of a model into memory. */
export const inMemory = async <Problem extends Error>(
  opened: TE.TaskEither<Problem, ModelSource>,
): Promise<ModelCheckpoint> => {
  const model = await opened()
  if (E.isLeft(model)) throw model.left
  const weights = new Map<string, HostTensor>()
  for await (const [name, tensor] of model.right.weights) weights.set(name, tensor)
  return { ...model.right, weights }
}
