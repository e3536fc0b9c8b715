import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import type { HostTensor, Program } from '../../program/node.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'
import type { Lowered } from './lower.js'
import { type CacheShape, type Write, writeEntry } from './write-cache.js'

/** What an executable needs of its engine. */
export interface Surroundings {
  /** Runs tasks in order, and none once the engine is closed. */
  readonly queue: <A>(task: () => Promise<A>) => Promise<A>
  readonly wrap: (value: HostTensor) => Tensor
  /** Undefined for a disposed or foreign tensor. */
  readonly valueOf: (tensor: DeviceTensor) => HostTensor | undefined
  readonly own: (value: HostTensor) => DeviceTensor
  readonly release: (session: InferenceSession) => void
}

/** A program as a session of ONNX Runtime. */
export class OnnxExecutable implements Executable {
  #disposed = false

  constructor(
    readonly program: Program,
    private readonly session: InferenceSession,
    private readonly lowered: Omit<Lowered, 'model'>,
    private readonly engine: Surroundings,
  ) {}

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    if (this.#disposed) throw this.#failed('it was disposed')
    checkRun(this.program, feed, read, donated)
    const values = new Map(Object.entries(feed).map(([name, tensor]) => [name, this.#value(name, tensor)]))
    for (const name of donated) (feed[name] as DeviceTensor).dispose()
    const wrapped = [...values].filter(([name]) => this.lowered.inputs.has(name))
    const inputs = Object.fromEntries(wrapped.map(([name, value]) => [name, this.engine.wrap(value)]))
    return this.engine.queue(async () => {
      const results = await this.session.run(inputs).catch((cause: unknown) => {
        throw this.#failed(String(cause), cause)
      })
      return this.#collect(results, values, { read: new Set(read), donated: new Set(donated) })
    })
  }

  dispose(): void {
    this.#disposed = true
    this.engine.release(this.session)
  }

  /** Taken at the time of the call: the caller may change a host array or dispose a tensor right after. */
  #value(name: string, tensor: HostTensor | DeviceTensor): HostTensor {
    if (isHostTensor(tensor)) return copyOf(tensor)
    const value = this.engine.valueOf(tensor)
    if (value === undefined) throw this.#failed(`input "${name}" was disposed, or belongs to another engine`)
    return value
  }

  #collect(
    results: InferenceSession.OnnxValueMapType,
    given: ReadonlyMap<string, HostTensor>,
    { read, donated }: { readonly read: ReadonlySet<string>; readonly donated: ReadonlySet<string> },
  ): RunResult {
    const [device, host]: [Record<string, DeviceTensor>, Record<string, HostTensor>] = [{}, {}]
    for (const [name, { shape }] of this.program.outputs) {
      const { data } = results[this.lowered.outputs.get(name)!] as TypedTensor<'float32' | 'int32' | 'int8'>
      const write = this.lowered.writes.get(name)
      const value = write === undefined ? { shape, data } : written(write, data as Float32Array, given, donated)
      if (read.has(name)) host[name] = value
      else device[name] = this.engine.own(value)
    }
    return { device, host }
  }

  #failed(problem: string, cause?: unknown): PipelineError {
    return new PipelineError('EngineFailed', `program "${this.program.name}": ${problem}`, { cause })
  }
}

export const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() })

/** The cache with its new entries: itself where it was donated, otherwise a copy. */
const written = (
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
