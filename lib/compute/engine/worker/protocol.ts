import type { PipelineError } from '../../../pipeline-error.js'
import type { HostTensor } from '../../program/node.js'
import type { EngineName, EngineOptions } from '../engines.js'
import type { WireProgram } from './wire-program.js'

/** A tensor, an executable or a started routine in the worker. */
export type Handle = number

/** What the caller's side may ask of the worker's: the calls of an engine, with handles for what stays there. */
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
  /** Before the answer come values. */
  readonly perform: { readonly argument: WirePass; readonly result: unknown }
  /** Ends the pass that this request asked for. */
  readonly cancel: { readonly argument: number; readonly result: unknown }
  readonly end: { readonly argument: Handle; readonly result: unknown }
  readonly upload: { readonly argument: HostTensor; readonly result: Handle }
  readonly read: { readonly argument: Handle; readonly result: HostTensor }
  readonly memory: { readonly argument: null; readonly result: { readonly tensors: number; readonly bytes: number } }
  readonly dispose: { readonly argument: readonly Handle[]; readonly result: unknown }
  readonly close: { readonly argument: null; readonly result: unknown }
}

export type CallName = keyof Calls

export interface WireRun {
  readonly executable: Handle
  readonly feed: Readonly<Record<string, HostTensor | Handle>>
  readonly read: readonly string[]
  readonly donated: readonly string[]
}

export interface WirePass {
  readonly routine: Handle
  readonly tensors: Readonly<Record<string, Handle>>
  readonly argument: unknown
}

export interface WireResult {
  readonly device: Readonly<Record<string, Handle>>
  readonly host: Readonly<Record<string, HostTensor>>
}

export interface Request<K extends CallName = CallName> {
  readonly id: number
  readonly call: K
  readonly argument: Calls[K]['argument']
}

export type Response =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly result: Calls[CallName]['result'] }
  | { readonly id: number; readonly error: WireError }

export interface WireError {
  readonly tag: PipelineError['_tag']
  readonly message: string
  readonly stack: string | undefined
}
