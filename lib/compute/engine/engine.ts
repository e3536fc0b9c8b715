import type { DType, HostTensor, Program, Shape } from '../program/node.js'
import type { Signature } from '../program/signature.js'

/** Tensor in the memory of an engine. It has one owner, which disposes it exactly once. */
export interface DeviceTensor {
  readonly shape: Shape
  readonly dtype: DType
  dispose(): void
}

/**
 * Values for the inputs of a program, by name. A host tensor is copied in for the run and freed after it. A device
 * tensor stays the property of its owner.
 */
export type Feed = Readonly<Record<string, HostTensor | DeviceTensor>>

/** Compiled program of an engine. */
export interface Executable {
  readonly signature: Signature
  /**
   * Runs the program once. Returns every output as a new device tensor that the caller owns, except the outputs named
   * in `read`, which are copied to the host and freed.
   *
   * `donated` names inputs whose device tensors the run takes over, also if it fails. An output may be written in their
   * memory, and the run frees the rest. A feed that does not fit the program donates nothing.
   *
   * @errors PipelineError EngineFailed; it names an input that is missing, superfluous or of the wrong shape
   */
  run(feed: Feed, read?: readonly string[], donated?: readonly string[]): Promise<RunResult>
  dispose(): void
}

/** Outputs of one run, by name. */
export interface RunResult {
  readonly device: Readonly<Record<string, DeviceTensor>>
  readonly host: Readonly<Record<string, HostTensor>>
}

/**
 * Compiles programs and runs them. It serves calls in the order in which they are made.
 *
 * When its thread or its device is lost, calls fail with PipelineError EngineLost, those in progress and all later ones.
 * Disposing what was on it has no effect then.
 */
export interface Engine {
  /** Name on the command line, such as `onnx` or `tfjs-wasm`. */
  readonly name: string
  /** Name of the GPU, if the engine could choose among several devices. */
  readonly device?: string | undefined
  compile(program: Program): Promise<Executable>
  /** Starts a routine in the thread of the engine. Its runs are served in order with all other calls. */
  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>>
  /**
   * Copies a tensor to the engine. With `given` the engine may keep the array, and the caller must not use it again.
   */
  upload(tensor: HostTensor, given?: 'given'): Promise<DeviceTensor>
  /** Copies a tensor to the host. The owner of the device tensor keeps it. */
  read(tensor: DeviceTensor): Promise<HostTensor>
  /** Returns the number of live device tensors and their bytes, for leak specs and the memory line of a run. */
  memory(): Promise<{ readonly tensors: number; readonly bytes: number }>
  /**
   * Starts the engine again after its thread or its device was lost. Tensors, programs and started routines from before stay
   * lost. An engine without this method cannot be started again.
   *
   * @errors rejects with the errors of opening
   */
  reopen?(): Promise<void>
  /** Waits for the calls in progress, then frees everything. */
  close(): Promise<void>
  /**
   * Ends the thread of an engine that does not answer, without waiting for its calls. It crashes the process if the thread is
   * in the middle of a native run, so nothing else may be left to do. An engine without a thread of its own has no such method.
   */
  abandon?(): Promise<void>
}

/**
 * Control flow that contains engine runs, such as a sampling loop. It is started in the thread of the engine, so that
 * no message passes between its runs.
 *
 * Settings, arguments and results may cross threads, so they are plain data and typed arrays.
 */
export interface Routine<S, A, B> {
  /** URL of the module that exports the routine: a worker imports it from there. */
  readonly module: string
  /** Name of the export. */
  readonly name: string
  readonly start: (engine: Engine, settings: S) => Started<A, B>
}

/** Routine that runs beside its engine. It keeps the programs that it compiled until it is disposed. */
export interface Started<A, B> {
  /**
   * Runs the routine once and yields each result when it is ready. The caller still owns the tensors and must not dispose
   * them before the run ends. After an abort the run ends without an error when the present engine run is done.
   *
   * @errors PipelineError EngineFailed
   */
  run(tensors: Readonly<Record<string, DeviceTensor>>, argument: A, signal: AbortSignal): AsyncIterable<B>
  dispose(): Promise<void>
}
