import type { PipelineError } from '../../../pipeline-error.js'
import type { HostTensor } from '../../program/node.js'
import type { EngineName, EngineOptions } from '../engines.js'
import type { WireProgram } from './wire-program.js'

/** Number of a tensor, an executable or a started routine in the worker. */
export type Handle = number

/**
 * Calls from the client to the worker: those of an engine, with handles in place of objects that stay in the worker.
 */
export interface Calls {
  readonly open: {
    readonly argument: { readonly name: EngineName; readonly options: EngineOptions }
    readonly result: { readonly device: string | undefined }
  }
  readonly compile: { readonly argument: WireProgram; readonly result: Handle }
  readonly run: { readonly argument: WireRun; readonly result: WireResult }
  readonly start: {
    readonly argument: { readonly module: string; readonly name: string; readonly settings: unknown }
    readonly result: Handle
  }
  /** Runs a started routine. Its values are sent before the response. */
  readonly perform: { readonly argument: WirePass; readonly result: unknown }
  /** Ends the run of a routine. The argument is the id of its request. */
  readonly cancel: { readonly argument: number; readonly result: unknown }
  /** Disposes a started routine. */
  readonly end: { readonly argument: Handle; readonly result: unknown }
  readonly upload: { readonly argument: HostTensor; readonly result: Handle }
  readonly read: { readonly argument: Handle; readonly result: HostTensor }
  readonly memory: { readonly argument: null; readonly result: { readonly tensors: number; readonly bytes: number } }
  readonly dispose: { readonly argument: readonly Handle[]; readonly result: unknown }
  readonly close: { readonly argument: null; readonly result: unknown }
}

/** Name of a call. */
export type CallName = keyof Calls

/** Arguments of one run of a program. */
export interface WireRun {
  readonly executable: Handle
  readonly feed: Readonly<Record<string, HostTensor | Handle>>
  readonly read: readonly string[]
  readonly donated: readonly string[]
}

/** Arguments of one run of a routine. */
export interface WirePass {
  readonly routine: Handle
  readonly tensors: Readonly<Record<string, Handle>>
  readonly argument: unknown
}

/** Outputs of one run of a program. */
export interface WireResult {
  readonly device: Readonly<Record<string, Handle>>
  readonly host: Readonly<Record<string, HostTensor>>
}

/** Message from the client to the worker. */
export interface Request<K extends CallName = CallName> {
  readonly id: number
  readonly call: K
  readonly argument: Calls[K]['argument']
}

/** Message from the worker to the client: a value of a run that goes on, the result of a call, or its error. */
export type Response =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly result: Calls[CallName]['result'] }
  | { readonly id: number; readonly error: WireError }

/** Error as plain data. */
export interface WireError {
  readonly tag: PipelineError['_tag']
  readonly message: string
  readonly stack: string | undefined
}
