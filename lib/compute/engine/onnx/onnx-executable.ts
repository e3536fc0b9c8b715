import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import type { HostTensor, Program } from '../../program/node.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'

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
    /** Name in the session of each output of the program. */
    private readonly outputs: ReadonlyMap<string, string>,
    private readonly engine: Surroundings,
  ) {}

  async run(feed: Feed, read: readonly string[] = []): Promise<RunResult> {
    if (this.#disposed) throw this.#failed('it was disposed')
    checkRun(this.program, feed, read)
    const values = Object.fromEntries(Object.entries(feed).map(([name, tensor]) => [name, this.#value(name, tensor)]))
    return this.engine.queue(async () => {
      const results = await this.session.run(values).catch((cause: unknown) => {
        throw this.#failed(String(cause), cause)
      })
      return this.#collect(results, new Set(read))
    })
  }

  dispose(): void {
    this.#disposed = true
    this.engine.release(this.session)
  }

  /** Taken at the time of the call: the caller may change a host array or dispose a tensor right after. */
  #value(name: string, tensor: HostTensor | DeviceTensor): Tensor {
    if (isHostTensor(tensor)) return this.engine.wrap(copyOf(tensor))
    const value = this.engine.valueOf(tensor)
    if (value === undefined) throw this.#failed(`input "${name}" was disposed, or belongs to another engine`)
    return this.engine.wrap(value)
  }

  #collect(results: InferenceSession.OnnxValueMapType, read: ReadonlySet<string>): RunResult {
    const [device, host]: [Record<string, DeviceTensor>, Record<string, HostTensor>] = [{}, {}]
    for (const [name, { shape }] of this.program.outputs) {
      const { data } = results[this.outputs.get(name)!] as TypedTensor<'float32' | 'int32'>
      if (read.has(name)) host[name] = { shape, data }
      else device[name] = this.engine.own({ shape, data })
    }
    return { device, host }
  }

  #failed(problem: string, cause?: unknown): PipelineError {
    return new PipelineError('EngineFailed', `program "${this.program.name}": ${problem}`, { cause })
  }
}

export const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() })
