import { getBackend, memory, setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Program } from '../../program/node.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from '../engine.js'
import { dtypeOf } from '../feed.js'
import { serial } from '../serial.js'
import { lower } from './lower.js'
import { schedule } from './schedule.js'
import { type EngineServices, TfjsExecutable } from './tfjs-executable.js'
import { copyOf, TfjsTensor, toDevice, toHost } from './tfjs-tensor.js'
import type { DeviceLoss, Watch } from './watch-device.js'

/** TensorFlow.js in the calling thread, on a backend that is ready. A run blocks the thread until it is done. */
export class TfjsEngine implements Engine {
  readonly #owned = new Set<Tensor>()
  readonly #serial = serial()
  /** Rejections of the tasks in progress. */
  readonly #inProgress = new Set<(error: unknown) => void>()
  #isClosed = false
  #loss: PipelineError | undefined

  constructor(
    readonly name: string,
    private readonly backend: string,
    readonly device?: string,
    private readonly watch: Watch = () => () => Promise.resolve(undefined),
    private readonly lost?: Promise<DeviceLoss>,
  ) {
    void lost?.then(({ message }) => this.#lose(message))
  }

  compile(program: Program): Promise<Executable> {
    return this.#queue(() => {
      const lowered = lower(program, this.backend)
      return new TfjsExecutable(lowered, schedule(lowered), this.#services)
    })
  }

  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    return this.#queue(() => routine.start(this, settings))
  }

  upload(tensor: HostTensor, given?: 'given'): Promise<DeviceTensor> {
    const value = given === undefined ? copyOf(tensor) : tensor
    return this.#queue(() => this.#own(toDevice(value), dtypeOf(value)))
  }

  async read(tensor: DeviceTensor): Promise<HostTensor> {
    const known = this.#recognise(tensor)
    if (known === undefined)
      throw new PipelineError('EngineFailed', 'the tensor to read was disposed, or belongs to another engine')
    return this.#queue(() => toHost(known.value, known.dtype))
  }

  memory() {
    return this.#queue(() => {
      const { numTensors, numBytes } = memory()
      return { tensors: numTensors, bytes: numBytes }
    })
  }

  close(): Promise<void> {
    return this.#serial(() => {
      this.#isClosed = true
      this.#owned.forEach((value) => value.dispose())
      this.#owned.clear()
    })
  }

  readonly #queue: EngineServices['queue'] = (task) =>
    this.#serial(() => {
      if (this.#isClosed) throw new PipelineError('EngineFailed', 'the engine is closed')
      if (this.#loss !== undefined) throw this.#loss
      // TensorFlow.js has one current backend, which another engine in this thread may have changed. `setBackend` of a
      // backend that is ready takes effect before it returns.
      if (getBackend() !== this.backend) void setBackend(this.backend)
      return this.lost === undefined ? task() : this.#untilLost(task)
    })

  #lose(message: string): void {
    this.#loss = new PipelineError('EngineLost', `the GPU device was lost: ${message}`)
    for (const reject of this.#inProgress) reject(this.#loss)
  }

  /** Runs a task. It fails when the device is lost meanwhile, because a lost device may never answer. */
  async #untilLost<A>(task: () => A | Promise<A>): Promise<A> {
    let rejectTask: (error: unknown) => void = () => undefined
    const loss = new Promise<never>((_, reject) => (rejectTask = reject))
    this.#inProgress.add(rejectTask)
    try {
      return await Promise.race([task(), loss])
    } catch (error) {
      // The failure of a task may be seen before the loss that caused it is reported.
      await new Promise((resolve) => setTimeout(resolve))
      throw this.#loss ?? error
    } finally {
      this.#inProgress.delete(rejectTask)
    }
  }

  readonly #own = (value: Tensor, dtype: DType): TfjsTensor => {
    this.#owned.add(value)
    return new TfjsTensor(value, dtype, this.#free)
  }

  /** Frees a value after the runs that were called before. */
  readonly #free = (value: Tensor): void => {
    if (this.#owned.delete(value)) void this.#serial(() => value.dispose())
  }

  readonly #recognise = (tensor: DeviceTensor): TfjsTensor | undefined =>
    tensor instanceof TfjsTensor && this.#owned.has(tensor.value) ? tensor : undefined

  readonly #services: EngineServices = {
    queue: this.#queue,
    watch: () => this.watch(),
    own: this.#own,
    recognise: this.#recognise,
  }
}
