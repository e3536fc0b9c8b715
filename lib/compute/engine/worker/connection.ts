import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { PipelineError } from '../../../pipeline-error.js'
import type { CallName, Calls, Handle, Request, Response, WireError } from './protocol.js'

/** Call without a response so far. */
interface Pending {
  readonly resolve: (result: never) => void
  readonly reject: (error: PipelineError) => void
  /** Receives the values that a streaming call yields before its response. */
  readonly value?: (value: never) => void
}

/**
 * Client side of an engine in a worker thread.
 *
 * A call in progress keeps the process alive, and an idle worker does not. Only {@link Connection.abandon} terminates the
 * worker, because stopping a native run half-way crashes the process.
 */
export class Connection {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<unknown>
  #ids = 0
  #disposed: Handle[] = []
  /** Error of every call after the connection has ended. */
  #end: PipelineError | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    this.#exited = once(worker, 'exit').catch(() => undefined)
    worker.on('message', (response: Response) => this.#settle(response))
    worker.on('error', (cause) => this.#lose(`the engine's worker failed: ${String(cause)}`, cause))
    worker.on('exit', (code) => this.#lose(`the engine's worker ended, exit code ${code}`))
  }

  call<K extends CallName>(
    call: K,
    argument: Calls[K]['argument'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Calls[K]['result']> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    this.#flush()
    return new Promise((resolve, reject) => {
      this.#worker.ref()
      this.#pending.set(this.#post(call, argument, transfer), { resolve, reject })
    })
  }

  /**
   * Runs a routine and yields its values until the response. The worker ends the run early when the signal is aborted or
   * when the reader stops.
   */
  stream(argument: Calls['perform']['argument'], signal: AbortSignal): AsyncIterable<unknown> {
    if (this.#end !== undefined) throw this.#end
    this.#flush()
    this.#worker.ref()
    const id = this.#post('perform', argument)
    const cancel = () => {
      if (this.#pending.has(id)) this.#post('cancel', id)
    }
    signal.addEventListener('abort', cancel, { once: true })
    const values = new ReadableStream({
      start: (out) => {
        this.#pending.set(id, {
          value: (value) => out.enqueue(value),
          resolve: () => out.close(),
          reject: (error) => out.error(error),
        })
      },
      cancel: () => {
        this.#pending.set(id, { resolve: () => undefined, reject: () => undefined })
        cancel()
      },
    })
    if (signal.aborted) cancel()
    return values
  }

  /** Frees an object of the worker after the calls made before. All disposals of one microtask share a message. */
  dispose(handle: Handle): void {
    if (this.#end !== undefined) return
    if (this.#disposed.push(handle) === 1) queueMicrotask(() => this.#flush())
  }

  /** Waits for the calls made before, then for the end of the worker. */
  async close(): Promise<void> {
    if (this.#end === undefined) {
      const closing = this.call('close', null)
      this.#end = new PipelineError('EngineFailed', 'the engine is closed')
      await closing
    }
    await this.#exited
  }

  /** Terminates a worker that does not answer. Calls in progress fail. */
  async abandon(): Promise<void> {
    await this.#worker.terminate()
  }

  #flush(): void {
    if (this.#disposed.length === 0) return
    const disposed = this.#disposed
    this.#disposed = []
    this.#post('dispose', disposed)
  }

  #post<K extends CallName>(call: K, argument: Calls[K]['argument'], transfer: readonly ArrayBuffer[] = []): number {
    const request: Request<K> = { id: ++this.#ids, call, argument }
    this.#worker.postMessage(request, transfer)
    return request.id
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id)
    if ('value' in response) {
      pending?.value?.(response.value as never)
      return
    }
    this.#pending.delete(response.id)
    if (this.#pending.size === 0 && this.#end === undefined) this.#worker.unref()
    if ('error' in response) pending?.reject(remoteError(response.error))
    else pending?.resolve(response.result as never)
  }

  #lose(message: string, cause?: unknown): void {
    const error = new PipelineError('EngineLost', message, { cause })
    this.#end ??= error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

const remoteError = ({ tag, message, stack }: WireError): PipelineError =>
  new PipelineError(tag, message, { cause: stack })
