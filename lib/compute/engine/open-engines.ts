import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { checkOption, integerFrom } from '../../option.js'
import type { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import { type EngineName, type EngineOptions, engines } from './engines.js'
import { countCudaGpus } from './nvidia-gpus.js'
import { openEngine } from './open-engine.js'

/** Several open engines of one kind. */
export interface OpenedEngines {
  readonly engine: Engine
  /** The engines besides `engine`; empty if the count is 1. */
  readonly replicas: readonly Engine[]
  /** Number of threads of each engine; null for an engine without that option. */
  readonly threads: number | null
  /** Title of the engine and why it was chosen, for a log. */
  readonly reason: string
  /** Closes all of them. */
  readonly close: () => Promise<void>
}

/**
 * Opens the same engine several times, each in a worker thread of its own. By default they share the cores of the
 * machine equally. Engines of `onnx-cuda` take the GPUs of the machine in turn, unless the option `gpu` names one.
 *
 * @errors the errors of {@link openEngine}, after which no engine is left open. Throws RangeError if the count is not a
 *   positive integer
 */
export const openEngines = (
  count: number,
  name?: EngineName,
  { threads = shareOfCores(count), ...options }: EngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngines> => {
  checkOption('replicas', count, integerFrom(1))
  return async () => {
    const first = await openEngine(name, { ...options, threads })()
    if (E.isLeft(first)) return first
    const { engine, reason } = first.right
    const gpus = count > 1 ? await countGpusToShare(first.right.name, options) : 1
    const others = await Promise.all(
      Array.from({ length: count - 1 }, (_, i) =>
        openEngine(first.right.name, { ...options, threads, ...(gpus > 1 && { gpu: (i + 1) % gpus }) })(),
      ),
    )
    const replicas = others.flatMap((other) => (E.isRight(other) ? [other.right.engine] : []))
    const close = async () => {
      await Promise.all([engine, ...replicas].map((each) => each.close()))
    }
    const failure = others.find(E.isLeft)
    if (failure === undefined)
      return E.right({
        engine,
        replicas,
        threads: first.right.name === 'onnx' ? threads : null,
        reason: `${reason}${describeReplicas(count, gpus)}`,
        close,
      })
    await close()
    return failure
  }
}

/** Returns the number of GPUs that engines of one process take in turn. */
const countGpusToShare = async (name: EngineName, { gpu }: EngineOptions): Promise<number> =>
  'ownGpu' in engines[name] && gpu === undefined ? countCudaGpus() : 1

const describeReplicas = (count: number, gpus: number): string => {
  if (count === 1) return ''
  return gpus > 1 ? `; ${count} replicas on ${Math.min(count, gpus)} GPUs` : `; ${count} replicas`
}

const shareOfCores = (count: number): number => Math.max(1, Math.floor(availableParallelism() / count))
