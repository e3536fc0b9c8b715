import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import { decodeModel, type ModelCheckpoint } from '../lib/model/model-checkpoint.js'

const url = new URL('../checkpoints/countdown.safetensors', import.meta.url)

/** The model that comes with entrain, from beside the page. @errors CheckpointError; Error where it is not there */
export const loadCheckpoint = async (): Promise<ModelCheckpoint> => {
  const response = await fetch(url)
  if (!response.ok)
    throw new Error(`${url.pathname}: found status ${response.status}, expected the model to start from`)
  return pipe(
    decodeModel(new Uint8Array(await response.arrayBuffer()), url.pathname),
    E.getOrElseW((error) => {
      throw error
    }),
  )
}
