import { PipelineError } from '../../../pipeline-error.js'
import { add, input, scalar } from '../../operation/index.js'
import { program } from '../../program/program.js'
import type { Engine } from '../engine.js'

/**
 * Runs a small program and returns the engine. The first session loads the library and the provider, so a missing one
 * fails here and not in the first run of the caller.
 *
 * @errors PipelineError EngineMissing with the remedy, after the engine is closed
 */
export const tryOut = async (engine: Engine, remedy: string): Promise<Engine> => {
  const sum = program('try out', { y: add(input('x', []), scalar(1)) })
  try {
    const executable = await engine.compile(sum)
    await executable.run({ x: { shape: [], data: Float32Array.of(1) } }, ['y'])
    executable.dispose()
    return engine
  } catch (cause) {
    await engine.close()
    const found = cause instanceof Error ? cause.message : String(cause)
    throw new PipelineError('EngineMissing', `${remedy} (${found})`, { cause })
  }
}
