import { getBackend, memory, setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Program } from '../../program/node.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from '../engine.js'
import { type DeviceLoss, LossGuard } from '../device-loss.js'
import { dtypeOf } from '../feed.js'
import { serial } from '../serial.js'
import { lower } from './lower.js'
import { schedule } from './schedule.js'
import { type EngineServices, TfjsExecutable } from './tfjs-executable.js'
import { copyOf, TfjsTensor, toDevice, toHost } from './tfjs-tensor.js'
import type { Watch } from './watch-device.js'

/** TensorFlow.js in the calling thread, on a backend that is ready. A run blocks the thread until it is done. */
export class TfjsEngine implements Engine {
  readonly #owned = new Set<Tensor>()
  readonly #serial = serial()
  #isClosed = false
  readonly #guard: LossGuard

  constructor(
    readonly name: string,
    private readonly backend: string,
    readonly device?: string,
    private readonly watch: Watch = () => () => Promise.resolve(undefined),
    lost?: Promise<DeviceLoss>,
  ) {
    this.#guard = new LossGuard(lost)
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
      // TensorFlow.js has one current backend, which another engine in this thread may have changed. `setBackend` of a
      // backend that is ready takes effect before it returns.
      if (getBackend() !== this.backend) void setBackend(this.backend)
      return this.#guard.run(task)
    })

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
