import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor } from '../../program/node.js'
import type { Signature } from '../../program/signature.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'
import type { Lowered } from './lower.js'
import { type GpuValue, isGpuValue, type OnnxValue } from './onnx-tensor.js'
import { type CacheShape, type Write, writeEntry } from './write-cache.js'

/** Services of the engine that an executable uses. */
export interface EngineServices {
  /** Runs tasks in order. It refuses tasks after the engine is closed. */
  readonly queue: <A>(task: () => Promise<A>) => Promise<A>
  /** Makes a tensor of ONNX Runtime from a host tensor. */
  readonly wrap: (value: HostTensor) => Tensor
  /** Returns the value of a tensor; undefined if the tensor is disposed or belongs to another engine. */
  readonly valueOf: (tensor: DeviceTensor) => OnnxValue | undefined
  /** Makes a live tensor of the engine. */
  readonly own: (value: OnnxValue, dtype: DType) => DeviceTensor
  /** Copies a value from the GPU. */
  readonly download: (value: GpuValue, dtype: DType) => Promise<HostTensor>
  readonly release: (session: InferenceSession) => void
}

/** Program that is loaded as a session of ONNX Runtime. */
export class OnnxExecutable implements Executable {
  #isDisposed = false

  constructor(
    readonly signature: Signature,
    private readonly session: InferenceSession,
    private readonly lowered: Omit<Lowered, 'model'>,
    private readonly engine: EngineServices,
  ) {}

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    if (this.#isDisposed) throw this.#failure('it was disposed')
    checkRun(this.signature, feed, read, donated)
    const values = new Map(Object.entries(feed).map(([name, tensor]) => [name, this.#value(name, tensor)]))
    const used = [...values].filter(([name]) => this.lowered.inputs.has(name))
    const inputs = Object.fromEntries(
      used.map(([name, value]) => [name, isGpuValue(value) ? value.buffer : this.engine.wrap(value)]),
    )
    const running = this.engine.queue(async () => {
      const results = await this.session.run(inputs).catch((cause: unknown) => {
        throw this.#failure(String(cause), cause)
      })
      return this.#collect(results, values, { read: new Set(read), donated: new Set(donated) })
    })
    // A buffer is freed after the run, because the engine serves calls in order.
    for (const name of donated) (feed[name] as DeviceTensor).dispose()
    return running
  }

  dispose(): void {
    this.#isDisposed = true
    this.engine.release(this.session)
  }

  /** Reads an input at the time of the call, because the caller may change or dispose it immediately after the call. */
  #value(name: string, tensor: HostTensor | DeviceTensor): OnnxValue {
    if (isHostTensor(tensor)) return copyOf(tensor)
    const value = this.engine.valueOf(tensor)
    if (value === undefined) throw this.#failure(`input "${name}" was disposed, or belongs to another engine`)
    return value
  }

  async #collect(
    results: InferenceSession.OnnxValueMapType,
    given: ReadonlyMap<string, OnnxValue>,
    { read, donated }: { readonly read: ReadonlySet<string>; readonly donated: ReadonlySet<string> },
  ): Promise<RunResult> {
    const [device, host]: [Record<string, DeviceTensor>, Record<string, HostTensor>] = [{}, {}]
    const outputs = [...this.signature.outputs].map(([name, { dtype }]) => {
      const value = this.#result(name, results, given, donated)
      return { name, dtype, value, free: () => isGpuValue(value) && value.buffer.dispose() }
    })
    try {
      for (const { name, dtype, value } of outputs)
        if (read.has(name)) host[name] = isGpuValue(value) ? await this.engine.download(value, dtype) : value
    } catch (cause) {
      for (const { free } of outputs) free()
      throw this.#failure(String(cause), cause)
    }
    for (const { name, dtype, value, free } of outputs) {
      if (read.has(name)) free()
      else device[name] = this.engine.own(value, dtype)
    }
    return { device, host }
  }

  #result(
    name: string,
    results: InferenceSession.OnnxValueMapType,
    given: ReadonlyMap<string, OnnxValue>,
    donated: ReadonlySet<string>,
  ): OnnxValue {
    const result = results[this.lowered.outputs.get(name)!] as TypedTensor<DType>
    if (result.location === 'gpu-buffer') return { buffer: result }
    const write = this.lowered.writes.get(name)
    return write === undefined
      ? { shape: this.signature.outputs.get(name)!.shape, data: result.data }
      : updatedCache(write, result.data as Float32Array, given as ReadonlyMap<string, HostTensor>, donated)
  }

  #failure(problem: string, cause?: unknown): PipelineError {
    return new PipelineError('EngineFailed', `program "${this.signature.name}": ${problem}`, { cause })
  }
}

/** Copies a host tensor. */
export const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() })

/** Writes new entries into a cache, or into a copy of it if it was not donated. */
const updatedCache = (
  { cache, positions }: Write,
  entry: Float32Array,
  given: ReadonlyMap<string, HostTensor>,
  donated: ReadonlySet<string>,
): HostTensor => {
  const old = given.get(cache)!
  const value = donated.has(cache) ? old : copyOf(old)
  writeEntry(value.data as Float32Array, value.shape as CacheShape, entry, given.get(positions)!.data)
  return value
}
