import type { Engine } from '../../compute/engine/engine.js'
import { PipelineError } from '../../pipeline-error.js'

/** Engine that was started again after its loss. */
export interface EngineRestart {
  /** Name of the engine, with its number if several engines share the work: `onnx`, `onnx (2 of 4)`. */
  readonly engine: string
  /** Error of the loss. */
  readonly loss: PipelineError
  /** Number of this restart, from 1, and the maximum. */
  readonly restart: number
  readonly restarts: number
}

/** Returns the loss of an engine that an error reports, or its cause; undefined for another error. */
export const lossIn = (error: unknown): PipelineError | undefined => {
  if (!(error instanceof Error)) return undefined
  return error instanceof PipelineError && error._tag === 'EngineLost' ? error : lossIn(error.cause)
}

/**
 * Creates a function that starts the lost ones among some engines again, at most `restarts` times in all.
 *
 * @errors the function rejects with PipelineError EngineLost that names the engine when it was lost too often or cannot be
 *   started again, and with the errors of opening
 */
export const engineRestarter = (
  engines: readonly Engine[],
  restarts: number,
  onRestart: (restart: EngineRestart) => void,
): ((loss: PipelineError) => Promise<void>) => {
  let count = 0
  const nameOf = (engine: Engine) =>
    engines.length === 1 ? engine.name : `${engine.name} (${engines.indexOf(engine) + 1} of ${engines.length})`
  return async (loss) => {
    const losses = await Promise.all(engines.map(findLoss))
    if (losses.every((found) => found === undefined)) throw loss
    for (const [place, found] of losses.entries()) {
      if (found === undefined) continue
      const engine = engines[place]!
      if (engine.reopen === undefined) throw lostForGood(nameOf(engine), found, 'it cannot be started again')
      if (count === restarts)
        throw lostForGood(nameOf(engine), found, `found loss ${count + 1} of the run, expected at most ${restarts}`)
      count++
      await engine.reopen()
      onRestart({ engine: nameOf(engine), loss: found, restart: count, restarts })
    }
  }
}

/** Asks an engine for its memory, which fails if the engine is lost. */
const findLoss = (engine: Engine): Promise<PipelineError | undefined> => engine.memory().then(() => undefined, lossIn)

const lostForGood = (engine: string, loss: PipelineError, reason: string): PipelineError =>
  new PipelineError('EngineLost', `engine ${engine} is lost, and ${reason}: ${loss.message}`, { cause: loss.cause })
