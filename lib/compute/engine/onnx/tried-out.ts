import { PipelineError } from '../../../pipeline-error.js'
import { add, input, scalar } from '../../operation/index.js'
import { program } from '../../program/program.js'
import type { Engine } from '../engine.js'

/**
 * The engine, after a first run: libraries and providers are loaded by the first session that asks for them.
 *
 * @errors PipelineError EngineMissing with the remedy, and the engine is closed
 */
export const triedOut = async (engine: Engine, remedy: string): Promise<Engine> => {
  const two = program('try out', { y: add(input('x', []), scalar(1)) })
  try {
    const executable = await engine.compile(two)
    await executable.run({ x: { shape: [], data: Float32Array.of(1) } }, ['y'])
    executable.dispose()
    return engine
  } catch (cause) {
    await engine.close()
    const found = cause instanceof Error ? cause.message : String(cause)
    throw new PipelineError('EngineMissing', `${remedy} (${found})`, { cause })
  }
}
