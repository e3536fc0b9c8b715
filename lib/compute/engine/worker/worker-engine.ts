import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Program, Shape } from '../../program/node.js'
import { type Signature, signatureOf } from '../../program/signature.js'
import type { DeviceTensor, Engine, Executable, Feed, Routine, RunResult, Started } from '../engine.js'
import { checkRun, dtypeOf, isHostTensor } from '../feed.js'
import type { Connection } from './connection.js'
import type { Handle } from './protocol.js'
import { Shipment } from './shipment.js'
import { toWire } from './wire-program.js'

/** Connection to a worker whose engine is open. */
export interface ConnectedWorker {
  readonly connection: Connection
  readonly device: string | undefined
}

/** Engine that runs in a worker thread. */
export class WorkerEngine implements Engine {
  #worker: ConnectedWorker

  constructor(
    readonly name: string,
    worker: ConnectedWorker,
    private readonly connect: () => Promise<ConnectedWorker>,
  ) {
    this.#worker = worker
  }

  get device(): string | undefined {
    return this.#worker.device
  }

  async compile(program: Program): Promise<Executable> {
    const { connection } = this.#worker
    const handle = await connection.call('compile', toWire(program))
    return new WorkerExecutable(signatureOf(program), handle, connection)
  }

  async start<S, A, B>({ module, name }: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    const { connection } = this.#worker
    const handle = await connection.call('start', { module, name, settings })
    return {
      run: (tensors, argument, signal) => {
        const handles = Object.entries(tensors).map(([input, given]) => [
          input,
          handleOf(given, connection, `routine "${name}": "${input}"`),
        ])
        const pass = { routine: handle, tensors: Object.fromEntries(handles) as Record<string, Handle>, argument }
        // The worker starts the routine of the same module, so its values have the declared type.
        return connection.stream(pass, signal) as AsyncIterable<B>
      },
      dispose: async () => {
        await connection.call('end', handle).catch(ignoreLoss)
      },
    }
  }

  async upload(tensor: HostTensor): Promise<DeviceTensor> {
    const shipment = new Shipment()
    const { connection } = this.#worker
    const handle = await connection.call('upload', shipment.add(tensor), shipment.buffers)
    return new WorkerTensor(tensor.shape, dtypeOf(tensor), handle, connection)
  }

  async read(tensor: DeviceTensor): Promise<HostTensor> {
    const { connection } = this.#worker
    return connection.call('read', handleOf(tensor, connection, 'the tensor to read'))
  }

  memory() {
    return this.#worker.connection.call('memory', null)
  }

  async reopen(): Promise<void> {
    // A thread whose device was lost still runs. Nobody waits for its end, because a lost device may never answer.
    this.#worker.connection.close().catch(() => undefined)
    this.#worker = await this.connect()
  }

  close(): Promise<void> {
    return this.#worker.connection.close()
  }

  abandon(): Promise<void> {
    return this.#worker.connection.abandon()
  }
}

class WorkerExecutable implements Executable {
  #disposed = false

  constructor(
    readonly signature: Signature,
    private readonly handle: Handle,
    private readonly connection: Connection,
  ) {}

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    const about = `program "${this.signature.name}":`
    if (this.#disposed) throw new PipelineError('EngineFailed', `${about} it was disposed`)
    checkRun(this.signature, feed, read, donated)
    const shipment = new Shipment()
    const entries = Object.entries(feed).map(([name, given]) => [
      name,
      isHostTensor(given) ? shipment.add(given) : handleOf(given, this.connection, `${about} input "${name}"`),
    ])
    const call = {
      executable: this.handle,
      feed: Object.fromEntries(entries) as Record<string, HostTensor | Handle>,
      read,
      donated,
    }
    const running = this.connection.call('run', call, shipment.buffers)
    // The run takes over and frees the donated tensors, so only their handles are released here, after the run.
    for (const name of donated) (feed[name] as DeviceTensor).dispose()
    const { device, host } = await running
    return { device: this.#tensors(device), host }
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.connection.dispose(this.handle)
  }

  #tensors(handles: Readonly<Record<string, Handle>>): Record<string, DeviceTensor> {
    const entries = Object.entries(handles).map(([name, handle]) => {
      const { shape, dtype } = this.signature.outputs.get(name)!
      return [name, new WorkerTensor(shape, dtype, handle, this.connection)] as const
    })
    return Object.fromEntries(entries)
  }
}

class WorkerTensor implements DeviceTensor {
  #disposed = false

  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    private readonly handle: Handle,
    private readonly connection: Connection,
  ) {}

  /** Returns the handle, or undefined if the tensor is disposed or belongs to another engine. */
  handleIn(connection: Connection): Handle | undefined {
    return this.#disposed || connection !== this.connection ? undefined : this.handle
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.connection.dispose(this.handle)
  }
}

/** Nothing is left to free on a lost engine. */
const ignoreLoss = (error: unknown): void => {
  if (!(error instanceof PipelineError && error._tag === 'EngineLost')) throw error
}

const handleOf = (tensor: DeviceTensor, connection: Connection, what: string): Handle => {
  const handle = tensor instanceof WorkerTensor ? tensor.handleIn(connection) : undefined
  if (handle === undefined)
    throw new PipelineError('EngineFailed', `${what} was disposed, or belongs to another engine`)
  return handle
}
