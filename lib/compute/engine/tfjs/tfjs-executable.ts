import { dispose, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Node, Program } from '../../program/node.js'
import { describeType } from '../../program/shape.js'
import type { Signature } from '../../program/signature.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'
import { idBounds, idOutside } from '../id-bounds.js'
import { run } from './kernel.js'
import { compute } from './kernels.js'
import type { Schedule, Step } from './schedule.js'
import { copyOf, type TfjsTensor, toDevice, toHost } from './tfjs-tensor.js'
import type { Watch } from './watch-device.js'

/** Services of the engine that an executable uses. */
export interface EngineServices {
  /** Runs tasks in order on the backend of the engine. It refuses tasks after the engine is closed. */
  readonly queue: <A>(task: () => A | Promise<A>) => Promise<A>
  /** Makes a live tensor of the engine. */
  readonly own: (value: Tensor, dtype: DType) => TfjsTensor
  readonly watch: Watch
  /** Returns the tensor as one of this engine; undefined if it is disposed or belongs to another engine. */
  readonly recognise: (tensor: DeviceTensor) => TfjsTensor | undefined
}

/** Program that is run node by node. */
export class TfjsExecutable implements Executable {
  readonly signature: Signature
  readonly #steps: readonly Step[]
  readonly #constants: ReadonlyMap<Node, TfjsTensor>
  readonly #idBounds: ReadonlyMap<Node, number>
  #isDisposed = false

  constructor(
    private readonly program: Program,
    { constants, steps }: Schedule,
    private readonly engine: EngineServices,
  ) {
    this.signature = program
    this.#steps = steps
    this.#idBounds = idBounds(program)
    this.#constants = new Map(
      constants.map((node) => {
        const { shape, dtype, attributes } = node
        return [node, engine.own(toDevice({ shape, data: attributes.data }), dtype)]
      }),
    )
  }

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    if (this.#isDisposed) throw this.#failure('it was disposed')
    checkRun(this.program, feed, read, donated)
    const given = new Map([...this.program.inputs].map(([name, node]) => [node, this.#take(name, feed[name]!)]))
    const running = this.engine.queue(async () => {
      try {
        return await this.#deliver(await this.#computeWatched(given), new Set(read))
      } catch (cause) {
        throw cause instanceof PipelineError ? cause : this.#failure(String(cause), cause)
      }
    })
    // The tensors are freed after the run, because the engine serves calls in order.
    for (const name of donated) (feed[name] as DeviceTensor).dispose()
    return running
  }

  dispose(): void {
    this.#isDisposed = true
    this.#constants.forEach((constant) => constant.dispose())
  }

  /** Reads an input at the time of the call, because the caller may change or dispose it immediately after the call. */
  #take(name: string, given: HostTensor | DeviceTensor): HostTensor | TfjsTensor {
    if (isHostTensor(given)) return copyOf(given)
    const tensor = this.engine.recognise(given)
    if (tensor === undefined) throw this.#failure(`input "${name}" was disposed, or belongs to another engine`)
    return tensor
  }

  /** Computes the outputs, and fails if the device reports an error meanwhile. */
  async #computeWatched(given: ReadonlyMap<Node, HostTensor | TfjsTensor>): Promise<Record<string, Tensor>> {
    const stopWatch = this.engine.watch()
    let outputs: Record<string, Tensor> = {}
    let problem: string | undefined
    try {
      outputs = this.#compute(given)
    } finally {
      problem = await stopWatch()
    }
    if (problem === undefined) return outputs
    dispose(outputs)
    throw this.#failure(problem)
  }

  /**
   * Computes the outputs. If a step throws, `tidy` frees its values. An output shares the memory of the value it names.
   */
  #compute(given: ReadonlyMap<Node, HostTensor | TfjsTensor>): Record<string, Tensor> {
    return tidy(() => {
      const values = new Map<Node, Tensor>()
      for (const [node, tensor] of [...this.#constants, ...given])
        values.set(node, isHostTensor(tensor) ? this.#fed(node, tensor) : tensor.value)
      for (const step of this.#steps) this.#perform(step, values)
      const outputs = [...this.program.outputs].map(([name, node]) => [name, run('Identity', { x: values.get(node)! })])
      return Object.fromEntries(outputs) as Record<string, Tensor>
    })
  }

  #fed(node: Node, tensor: HostTensor): Tensor {
    const rows = this.#idBounds.get(node)
    const outside = rows === undefined ? undefined : idOutside(tensor.data, rows)
    if (outside === undefined) return toDevice(tensor)
    const { name } = (node as Node<'input'>).attributes
    throw this.#failure(`input "${name}": the id ${outside} is out of the range 0 to ${rows! - 1}`)
  }

  #perform({ node, frees }: Step, values: Map<Node, Tensor>): void {
    const inputs = node.inputs.map((input) => values.get(input)!)
    try {
      values.set(node, compute(node, inputs))
    } catch (cause) {
      throw this.#failure(`${node.op} of ${node.inputs.map(describeType).join(' and ')}: ${String(cause)}`, cause)
    }
    for (const value of frees) {
      values.get(value)!.dispose()
      values.delete(value)
    }
  }

  async #deliver(outputs: Record<string, Tensor>, read: ReadonlySet<string>): Promise<RunResult> {
    const [device, host]: [Record<string, DeviceTensor>, Record<string, HostTensor>] = [{}, {}]
    const dtypeOf = (name: string) => this.program.outputs.get(name)!.dtype
    try {
      for (const name of read) host[name] = await toHost(outputs[name]!, dtypeOf(name))
    } catch (cause) {
      dispose(outputs)
      throw cause
    }
    for (const [name, value] of Object.entries(outputs)) {
      if (read.has(name)) value.dispose()
      else device[name] = this.engine.own(value, dtypeOf(name))
    }
    return { device, host }
  }

  #failure(problem: string, cause?: unknown): PipelineError {
    return new PipelineError('EngineFailed', `program "${this.program.name}": ${problem}`, { cause })
  }
}
