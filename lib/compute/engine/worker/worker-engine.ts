import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Program, Shape } from '../../program/node.js'
import type { DeviceTensor, Engine, Executable, Feed, Routine, RunResult, Started } from '../engine.js'
import { checkRun, dtypeOf, isHostTensor } from '../feed.js'
import type { Connection } from './connection.js'
import type { Handle } from './protocol.js'
import { Shipment } from './shipment.js'
import { toWire } from './wire-program.js'

/** Engine that runs in a worker thread. */
export class WorkerEngine implements Engine {
  constructor(
    readonly name: string,
    readonly device: string | undefined,
    private readonly connection: Connection,
  ) {}

  async compile(program: Program): Promise<Executable> {
    return new WorkerExecutable(program, await this.connection.call('compile', toWire(program)), this.connection)
  }

  async start<S, A, B>({ module, name }: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    const handle = await this.connection.call('start', { module, name, settings })
    return {
      run: (tensors, argument, signal) => {
        const handles = Object.entries(tensors).map(([input, given]) => [
          input,
          handleOf(given, this.connection, `routine "${name}": "${input}"`),
        ])
        const pass = { routine: handle, tensors: Object.fromEntries(handles) as Record<string, Handle>, argument }
        // The worker starts the routine of the same module, so its values have the declared type.
        return this.connection.stream(pass, signal) as AsyncIterable<B>
      },
      dispose: async () => {
        await this.connection.call('end', handle)
      },
    }
  }

  async upload(tensor: HostTensor): Promise<DeviceTensor> {
    const shipment = new Shipment()
    const handle = await this.connection.call('upload', shipment.add(tensor), shipment.buffers)
    return new WorkerTensor(tensor.shape, dtypeOf(tensor), handle, this.connection)
  }

  async read(tensor: DeviceTensor): Promise<HostTensor> {
    return this.connection.call('read', handleOf(tensor, this.connection, 'the tensor to read'))
  }

  memory() {
    return this.connection.call('memory', null)
  }

  close(): Promise<void> {
    return this.connection.close()
  }
}

class WorkerExecutable implements Executable {
  #disposed = false

  constructor(
    readonly program: Program,
    private readonly handle: Handle,
    private readonly connection: Connection,
  ) {}

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    const about = `program "${this.program.name}":`
    if (this.#disposed) throw new PipelineError('EngineFailed', `${about} it was disposed`)
    checkRun(this.program, feed, read, donated)
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
      const { shape, dtype } = this.program.outputs.get(name)!
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

const handleOf = (tensor: DeviceTensor, connection: Connection, what: string): Handle => {
  const handle = tensor instanceof WorkerTensor ? tensor.handleIn(connection) : undefined
  if (handle === undefined)
    throw new PipelineError('EngineFailed', `${what} was disposed, or belongs to another engine`)
  return handle
}
