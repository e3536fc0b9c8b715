import type * as OnnxRuntime from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import type { HostTensor, Program } from '../../program/node.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from '../engine.js'
import type { OnnxProvider } from '../engines.js'
import { serial } from '../serial.js'
import { bytesOf, CpuTensor } from './cpu-tensor.js'
import { lower } from './lower.js'
import { copyOf, OnnxExecutable, type EngineServices } from './onnx-executable.js'

/** Part of ONNX Runtime that the packages for Node.js and for browsers have in common. */
export type Runtime = Pick<typeof OnnxRuntime, 'InferenceSession' | 'Tensor'>

/** Session options of every provider. */
const commonOptions: OnnxRuntime.InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'all',
  // An arena keeps the peak memory of a program for as long as the program lives, and a memory pattern keeps it twice.
  enableCpuMemArena: false,
  enableMemPattern: false,
  // Errors are thrown, so the log of the runtime would only repeat them.
  logSeverityLevel: 4,
}

/**
 * ONNX Runtime in the calling thread. A run blocks the thread until it is done.
 *
 * With every provider the tensors are in the memory of the process: a run on a GPU copies its inputs there and its
 * outputs back.
 */
export class OnnxEngine implements Engine {
  readonly name: string
  readonly #live = new Set<CpuTensor>()
  readonly #sessions = new Set<OnnxRuntime.InferenceSession>()
  readonly #serial = serial()
  #isClosed = false

  constructor(
    private readonly runtime: Runtime,
    private readonly provider: OnnxProvider,
    private readonly sessionOptions: OnnxRuntime.InferenceSession.SessionOptions,
    readonly device?: string,
  ) {
    this.name = provider === 'cpu' ? 'onnx' : `onnx-${provider}`
  }

  compile(program: Program): Promise<Executable> {
    return this.#queue(async () => {
      const { model, ...names } = lower(program, this.provider)
      const session = await this.runtime.InferenceSession.create(model, {
        ...commonOptions,
        ...this.sessionOptions,
      }).catch((cause: unknown) => {
        throw new PipelineError('EngineFailed', `program "${program.name}": ${String(cause)}`, { cause })
      })
      this.#sessions.add(session)
      return new OnnxExecutable(program, session, names, this.#services)
    })
  }

  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    return this.#queue(() => routine.start(this, settings))
  }

  upload(tensor: HostTensor, given?: 'given'): Promise<DeviceTensor> {
    const value = given === undefined ? copyOf(tensor) : tensor
    return this.#queue(() => this.#own(value))
  }

  async read(tensor: DeviceTensor): Promise<HostTensor> {
    const value = this.#valueOf(tensor)
    if (value === undefined) throw new PipelineError('EngineFailed', 'a tensor to read was disposed before')
    return this.#queue(() => copyOf(value))
  }

  memory() {
    return this.#queue(() => ({ tensors: this.#live.size, bytes: bytesOf(this.#live) }))
  }

  close(): Promise<void> {
    return this.#serial(async () => {
      this.#isClosed = true
      this.#live.forEach((tensor) => tensor.dispose())
      await Promise.all([...this.#sessions].map((session) => session.release()))
      this.#sessions.clear()
    })
  }

  readonly #queue = <A>(task: () => A | Promise<A>): Promise<A> =>
    this.#serial(() => {
      if (this.#isClosed) throw new PipelineError('EngineFailed', 'the engine is closed')
      return task()
    })

  readonly #own = (value: HostTensor): CpuTensor => new CpuTensor(value, this.#live)

  readonly #valueOf = (tensor: DeviceTensor): HostTensor | undefined =>
    tensor instanceof CpuTensor && this.#live.has(tensor) ? tensor.value : undefined

  readonly #services: EngineServices = {
    queue: this.#queue,
    own: this.#own,
    valueOf: this.#valueOf,
    wrap: ({ shape, data }) => {
      if (data instanceof Float32Array) return new this.runtime.Tensor('float32', data, shape)
      if (data instanceof Int32Array) return new this.runtime.Tensor('int32', data, shape)
      return new this.runtime.Tensor('int8', data, shape)
    },
    release: (session) => {
      if (this.#sessions.delete(session)) void this.#serial(() => session.release())
    },
  }
}
