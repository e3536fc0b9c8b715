import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import { decodeModel, type ModelCheckpoint } from '../lib/model/model-checkpoint.js'

const url = new URL('../checkpoints/countdown.safetensors', import.meta.url)

/**
 * Downloads the bundled model, which is a file of the site.
 *
 * @errors CheckpointError for a file that is no model; Error for a file that the host does not have
 */
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
