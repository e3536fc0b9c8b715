import type * as OnnxRuntime from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Program } from '../../program/node.js'
import { signatureOf } from '../../program/signature.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from '../engine.js'
import type { OnnxProvider } from '../engines.js'
import { dtypeOf } from '../feed.js'
import { serial } from '../serial.js'
import { CpuTensor } from './cpu-tensor.js'
import { GpuTensor } from './gpu-tensor.js'
import { lower, staysOnDevice } from './lower.js'
import { copyOf, OnnxExecutable, type EngineServices } from './onnx-executable.js'
import { bytesOf, type GpuValue, isGpuValue, type OnnxTensor, type OnnxValue } from './onnx-tensor.js'
import { fitsBuffer, type Place, Transfers } from './transfers.js'

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
 * On WebGPU, tensors of 32 bits stay in buffers of the GPU from upload or run until they are disposed. With every other
 * provider the tensors are in the memory of the process: a run on CUDA copies its inputs to the GPU and its outputs back.
 */
export class OnnxEngine implements Engine {
  readonly name: string
  readonly #live = new Set<OnnxTensor>()
  readonly #sessions = new Set<OnnxRuntime.InferenceSession>()
  readonly #serial = serial()
  readonly #transfers: Transfers
  #isClosed = false

  constructor(
    private readonly runtime: Runtime,
    private readonly provider: OnnxProvider,
    private readonly sessionOptions: OnnxRuntime.InferenceSession.SessionOptions,
    readonly device?: string,
  ) {
    this.name = provider === 'cpu' ? 'onnx' : `onnx-${provider}`
    this.#transfers = new Transfers((model, destination) => this.#createSession(model, destination))
  }

  compile(program: Program): Promise<Executable> {
    return this.#queue(async () => {
      const { model, ...names } = lower(program, this.provider)
      const places = this.#outputPlaces(program, names.outputs)
      const session = await this.#createSession(model, places).catch((cause: unknown) => {
        throw new PipelineError('EngineFailed', `program "${program.name}": ${String(cause)}`, { cause })
      })
      this.#sessions.add(session)
      return new OnnxExecutable(signatureOf(program), session, names, this.#services)
    })
  }

  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    return this.#queue(() => routine.start(this, settings))
  }

  upload(tensor: HostTensor, given?: 'given'): Promise<DeviceTensor> {
    const value = given === undefined ? copyOf(tensor) : tensor
    return this.#queue(async () => {
      const dtype = dtypeOf(value)
      if (!staysOnDevice(this.provider) || !fitsBuffer(dtype)) return this.#own(value, dtype)
      const buffer = await this.#transfers.upload(this.#services.wrap(value), dtype)
      return this.#own({ buffer }, dtype)
    })
  }

  async read(tensor: DeviceTensor): Promise<HostTensor> {
    const value = this.#valueOf(tensor)
    if (value === undefined) throw new PipelineError('EngineFailed', 'a tensor to read was disposed before')
    return this.#queue(() => (isGpuValue(value) ? this.#download(value, tensor.dtype) : copyOf(value)))
  }

  memory() {
    return this.#queue(() => ({ tensors: this.#live.size, bytes: bytesOf(this.#live) }))
  }

  async close(): Promise<void> {
    await this.#serial(() => {
      this.#isClosed = true
      this.#live.forEach((tensor) => tensor.dispose())
    })
    // Buffers are freed in the queue, and their device lives as long as its last session.
    await this.#serial(async () => {
      await Promise.all([...this.#sessions].map((session) => session.release()))
      this.#sessions.clear()
      await this.#transfers.release()
    })
  }

  #createSession(
    model: Uint8Array,
    preferredOutputLocation: Place | Readonly<Record<string, Place>>,
  ): Promise<OnnxRuntime.InferenceSession> {
    return this.runtime.InferenceSession.create(model, {
      ...commonOptions,
      ...this.sessionOptions,
      ...(staysOnDevice(this.provider) && { preferredOutputLocation }),
    })
  }

  /** Returns where a run leaves each output of a graph. */
  #outputPlaces(program: Program, outputs: ReadonlyMap<string, string>): Readonly<Record<string, Place>> {
    const places = [...program.outputs].map(([name, { dtype }]) => {
      const place: Place = fitsBuffer(dtype) ? 'gpu-buffer' : 'cpu'
      return [outputs.get(name)!, place] as const
    })
    return Object.fromEntries(places)
  }

  readonly #queue = <A>(task: () => A | Promise<A>): Promise<A> =>
    this.#serial(() => {
      if (this.#isClosed) throw new PipelineError('EngineFailed', 'the engine is closed')
      return task()
    })

  readonly #own = (value: OnnxValue, dtype: DType): OnnxTensor =>
    isGpuValue(value)
      ? new GpuTensor(value.buffer, dtype, this.#live, this.#freeBuffer)
      : new CpuTensor(value, this.#live)

  /** Frees a buffer after the runs that were called before. */
  readonly #freeBuffer = (buffer: OnnxRuntime.Tensor): void => {
    void this.#serial(() => buffer.dispose())
  }

  readonly #download = ({ buffer }: GpuValue, dtype: DType): Promise<HostTensor> => {
    if (!fitsBuffer(dtype)) throw new PipelineError('BrokenInvariant', `a buffer of the GPU has elements of ${dtype}`)
    return this.#transfers.download(buffer, dtype)
  }

  readonly #valueOf = (tensor: DeviceTensor): OnnxValue | undefined =>
    this.#live.has(tensor as OnnxTensor) ? (tensor as OnnxTensor).value : undefined

  readonly #services: EngineServices = {
    queue: this.#queue,
    own: this.#own,
    valueOf: this.#valueOf,
    wrap: ({ shape, data }) => {
      if (data instanceof Float32Array) return new this.runtime.Tensor('float32', data, shape)
      if (data instanceof Int32Array) return new this.runtime.Tensor('int32', data, shape)
      return new this.runtime.Tensor('int8', data, shape)
    },
    download: this.#download,
    release: (session) => {
      if (this.#sessions.delete(session)) void this.#serial(() => session.release())
    },
  }
}
