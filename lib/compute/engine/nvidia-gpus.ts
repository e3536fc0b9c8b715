import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'
import { countVisibleGpus } from './cuda-environment.js'

/**
 * Lists the NVIDIA GPUs of this machine, in the order in which the option `gpu` counts them.
 *
 * @errors PipelineError EngineMissing if nvidia-smi is missing or finds no GPU
 */
export const nvidiaGpus: TE.TaskEither<PipelineError, readonly string[]> = pipe(
  TE.tryCatch(
    async () => (await promisify(execFile)('nvidia-smi', ['--list-gpus'])).stdout,
    (cause) => new PipelineError('EngineMissing', 'no GPU: nvidia-smi lists none', { cause }),
  ),
  TE.map((list) => list.split('\n').filter((line) => line.startsWith('GPU '))),
)

/** Returns the number of GPUs that CUDA shows to this process, 0 without a driver. */
export const countCudaGpus = async (): Promise<number> => {
  const visible = countVisibleGpus()
  if (visible !== undefined) return visible
  const listed = await nvidiaGpus()
  return E.isRight(listed) ? listed.right.length : 0
}
