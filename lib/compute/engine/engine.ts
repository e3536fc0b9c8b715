import type { DType, HostTensor, Program, Shape } from '../program/node.js'
import type { Routine, Started } from './routine.js'

/** A tensor in an engine's memory. It has one owner, who disposes it exactly once. */
export interface DeviceTensor {
  readonly shape: Shape
  readonly dtype: DType
  dispose(): void
}

/** What a run takes: host arrays are copied in for that run and freed after it; device tensors stay their owner's. */
export type Feed = Readonly<Record<string, HostTensor | DeviceTensor>>

/** A program made ready to run. */
export interface Executable {
  readonly program: Program
  /**
   * Runs once. Every program output comes back as a new device tensor that the caller owns, except those named in
   * `read`, which are copied to the host and freed.
   *
   * `donated` names inputs whose device tensors the run takes over, whether or not it succeeds: an output may be written
   * in their memory, and what is left of them is freed. A feed that does not fit donates nothing.
   *
   * @errors PipelineError EngineFailed; a missing, superfluous or wrongly shaped input is named
   */
  run(feed: Feed, read?: readonly string[], donated?: readonly string[]): Promise<RunResult>
  dispose(): void
}

export interface RunResult {
  readonly device: Readonly<Record<string, DeviceTensor>>
  readonly host: Readonly<Record<string, HostTensor>>
}

/** Runs programs. Calls are served in order. */
export interface Engine {
  /** As on the command line: `onnx`, `tfjs-wasm` and so on. */
  readonly name: string
  /** What it computes on, where there is a choice: the name of a GPU. */
  readonly device?: string | undefined
  compile(program: Program): Promise<Executable>
  /** Starts a routine where the tensors are. Its runs are served in order with all others. */
  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>>
  /** Copies in; with `given`, the array is the engine's from now on, and nobody else's. */
  upload(tensor: HostTensor, given?: 'given'): Promise<DeviceTensor>
  /** Copies out; the device tensor stays its owner's. */
  read(tensor: DeviceTensor): Promise<HostTensor>
  /** Live device tensors and bytes, for leak specs and the memory line of a run. */
  memory(): Promise<{ readonly tensors: number; readonly bytes: number }>
  /** Waits for what runs, then frees everything. */
  close(): Promise<void>
}
