import type { DeviceTensor, Engine } from './engine.js'

/**
 * Control flow with engine runs in it, such as a loop that samples. It is started where the engine's tensors are, so that
 * no message passes between its runs.
 *
 * Settings, arguments and what comes out may cross threads: plain data and typed arrays.
 */
export interface Routine<S, A, B> {
  /** The module that exports it, as a URL, and its name there: how a worker finds it. */
  readonly module: string
  readonly name: string
  readonly start: (engine: Engine, settings: S) => Started<A, B>
}

/** A routine beside its engine. Whatever it compiles, it keeps until it is disposed. */
export interface Started<A, B> {
  /**
   * What comes out of one pass, as it comes. The tensors stay their owner's, who leaves them alone until it ends.
   * A pass whose signal is aborted ends after the engine run that is on, without an error.
   *
   * @errors PipelineError EngineFailed
   */
  run(tensors: Readonly<Record<string, DeviceTensor>>, argument: A, signal: AbortSignal): AsyncIterable<B>
  dispose(): Promise<void>
}
