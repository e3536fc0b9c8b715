import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import type { EngineName, EngineOptions } from './engines.js'
import { openEngine } from './open-engine.js'

export interface OpenedEngines {
  readonly engine: Engine
  /** The others. */
  readonly replicas: readonly Engine[]
  /** Why these, for people to read. */
  readonly reason: string
  /** Closes them all. */
  readonly close: () => Promise<void>
}

/**
 * The same engine several times, each in a worker thread of its own; unless threads are given, they share the cores.
 *
 * @errors those of {@link openEngine}; none is then left open. Throws RangeError for a count that is no positive integer
 */
export const openEngines = (
  count: number,
  name?: EngineName,
  { threads = shareOfCores(count), ...options }: EngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngines> => {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`replicas: found ${count}, expected an integer >= 1`)
  return async () => {
    const first = await openEngine(name, { ...options, threads })()
    if (E.isLeft(first)) return first
    const { engine, reason } = first.right
    const others = await Promise.all(
      Array.from({ length: count - 1 }, () => openEngine(first.right.name, { ...options, threads })()),
    )
    const replicas = others.flatMap((other) => (E.isRight(other) ? [other.right.engine] : []))
    const close = async () => {
      await Promise.all([engine, ...replicas].map((each) => each.close()))
    }
    const failed = others.find(E.isLeft)
    if (failed === undefined)
      return E.right({ engine, replicas, reason: count === 1 ? reason : `${reason}; ${count} replicas`, close })
    await close()
    return failed
  }
}

const shareOfCores = (count: number): number => Math.max(1, Math.floor(availableParallelism() / count))
