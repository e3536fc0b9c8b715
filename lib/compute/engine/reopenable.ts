import type { HostTensor, Program } from '../program/node.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from './engine.js'

/**
 * Opens an engine that can be opened again in the calling thread, after the loss of its device. An engine in a worker needs no such
 * wrapper, because a new worker takes the place of the lost one.
 *
 * @errors the errors of `open`; `reopen` rejects with them, too
 */
export const reopenable = async (open: () => Promise<Engine>): Promise<Engine> =>
  new ReopenableEngine(await open(), open)

class ReopenableEngine implements Engine {
  constructor(
    private present: Engine,
    private readonly open: () => Promise<Engine>,
  ) {}

  get name(): string {
    return this.present.name
  }

  get device(): string | undefined {
    return this.present.device
  }

  compile(program: Program): Promise<Executable> {
    return this.present.compile(program)
  }

  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    return this.present.start(routine, settings)
  }

  upload(tensor: HostTensor, given?: 'given'): Promise<DeviceTensor> {
    return this.present.upload(tensor, given)
  }

  read(tensor: DeviceTensor): Promise<HostTensor> {
    return this.present.read(tensor)
  }

  memory() {
    return this.present.memory()
  }

  async reopen(): Promise<void> {
    const lost = this.present
    this.present = await this.open()
    await lost.close()
  }

  close(): Promise<void> {
    return this.present.close()
  }
}
