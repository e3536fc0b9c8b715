import { PipelineError } from '../../../pipeline-error.js'
import type { HostTensor, NarrowFormat, Node, Program } from '../../program/node.js'
import type { TensorType } from '../../program/shape.js'
import { type Signature, signatureOf } from '../../program/signature.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'
import { idBounds, idOutside } from '../id-bounds.js'
import type { GpuDevice, GpuEncoder } from './gpu.js'
import type { Layout } from './plan/layout.js'
import type { NarrowInputs } from './plan/narrow-inputs.js'
import type { Plan } from './plan/plan.js'
import { inputRanges } from './recording/input-ranges.js'
import type { Block, Memory, Range } from './recording/memory.js'
import type { PlanRecorder } from './recording/plan-recorder.js'
import { replay } from './recording/recording.js'
import { type Staged, stage } from './recording/staging.js'
import { ReadBack } from './recording/transfer.js'
import type { WebgpuTensor } from './webgpu-tensor.js'

/** Services of the engine that an executable uses. */
export interface EngineServices {
  readonly device: GpuDevice
  readonly memory: Memory
  /** Runs tasks in order. It refuses tasks after the engine is closed. */
  readonly queue: <A>(task: () => A | Promise<A>) => Promise<A>
  /** Plans and compiles a program for these formats of inputs. @errors rejects with PipelineError EngineFailed */
  readonly plan: (program: Program, narrow: NarrowInputs) => Promise<PlanRecorder>
  /** Makes a live tensor of the engine, which is one more user of its block. */
  readonly own: (type: TensorType, range: Range, narrow?: NarrowFormat) => WebgpuTensor
  /** Returns the tensor as one of this engine; undefined if it is disposed or belongs to another engine. */
  readonly recognise: (tensor: DeviceTensor) => WebgpuTensor | undefined
  /** Throws the first error that the device reported. */
  readonly check: () => void
}

/** Inputs of a run at the time of its call. */
interface Given {
  readonly tensors: ReadonlyMap<string, WebgpuTensor>
  readonly staged: Staged
}

/** Program that replays a plan. It has a plan for every set of formats in which its inputs were given. */
export class WebgpuExecutable implements Executable {
  readonly signature: Signature
  readonly #idBounds: ReadonlyMap<Node, number>
  readonly #plans: Map<string, PlanRecorder>
  #fed: Block | undefined
  #isDisposed = false

  /** @param wide plan for inputs that are all in the formats of their types */
  constructor(
    private readonly program: Program,
    wide: PlanRecorder,
    private readonly engine: EngineServices,
  ) {
    this.signature = signatureOf(program)
    this.#idBounds = idBounds(program)
    this.#plans = new Map([['', wide]])
  }

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    if (this.#isDisposed) throw this.#failure('it was disposed')
    checkRun(this.signature, feed, read, donated)
    const given = this.#take(feed)
    const running = this.engine.queue(async () => {
      try {
        return await this.#perform(given, read, donated)
      } catch (cause) {
        throw cause instanceof PipelineError ? cause : this.#failure(String(cause), cause)
      }
    })
    // The tensors are freed after the run, because the engine serves calls in order.
    for (const name of donated) given.tensors.get(name)!.dispose()
    return running
  }

  dispose(): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    void this.engine
      .queue(() => {
        for (const recorder of this.#plans.values()) recorder.dispose()
        if (this.#fed !== undefined) this.engine.memory.give(this.#fed)
      })
      .catch(() => undefined)
  }

  /** Reads the inputs at the time of the call, because the caller may change or dispose them immediately after it. */
  #take(feed: Feed): Given {
    const tensors = new Map<string, WebgpuTensor>()
    const host: (readonly [string, HostTensor])[] = []
    for (const [name, node] of this.program.inputs) {
      const given = feed[name]!
      if (isHostTensor(given)) {
        this.#checkIds(node, given)
        host.push([name, given])
        continue
      }
      const tensor = this.engine.recognise(given)
      if (tensor === undefined) throw this.#failure(`input "${name}" was disposed, or belongs to another engine`)
      tensors.set(name, tensor)
    }
    return { tensors, staged: stage(host) }
  }

  #checkIds(node: Node<'input'>, { data }: HostTensor): void {
    const rows = this.#idBounds.get(node)
    const outside = rows === undefined ? undefined : idOutside(data, rows)
    if (outside !== undefined)
      throw this.#failure(`input "${node.attributes.name}": the id ${outside} is out of the range 0 to ${rows! - 1}`)
  }

  async #perform(given: Given, read: readonly string[], donated: readonly string[]): Promise<RunResult> {
    const { device, memory, own, check } = this.engine
    check()
    const recorder = await this.#planFor(given)
    const encoder = device.createCommandEncoder()
    const scratch: Block[] = []
    const fed = this.#feed(given.staged)
    const rangeOf = (name: string): Range => given.tensors.get(name)?.range ?? fed.get(name)!
    const inputs = inputRanges(recorder.plan, rangeOf, (pack) => {
      const range = this.#copyTogether(pack, rangeOf, encoder)
      scratch.push(range.block)
      return range
    })
    const reused = reusableRanges(recorder.plan, given, donated)
    const layout = recorder.results.without([...reused.keys()])
    const block = layout.bytes === 0 ? undefined : memory.take(layout.bytes)
    const { commands, outputs } = await recorder.recordedFor(inputs, { reused, layout, block })
    replay(commands, encoder)
    const back = [...new Set(read)]
    const requests = back.map((name) => ({ ...this.signature.outputs.get(name)!, range: outputs.get(name)! }))
    const copies = back.length === 0 ? undefined : new ReadBack(memory, requests)
    copies?.encode(encoder)
    device.queue.submit([encoder.finish()])
    scratch.forEach((each) => memory.give(each))
    const results: Record<string, DeviceTensor> = {}
    for (const [name, type] of this.signature.outputs)
      if (!back.includes(name)) results[name] = own(type, outputs.get(name)!)
    if (block?.users === 0) memory.give(block)
    const host = (await copies?.tensors()) ?? []
    check()
    return { device: results, host: Object.fromEntries(back.map((name, i) => [name, host[i]!])) }
  }

  /** Returns the plan for the formats of the inputs. It is made when they are new. */
  async #planFor({ tensors }: Given): Promise<PlanRecorder> {
    const narrow = new Map<string, NarrowFormat>()
    for (const [name, tensor] of tensors) if (tensor.narrow !== undefined) narrow.set(name, tensor.narrow)
    const key = [...narrow].join()
    const known = this.#plans.get(key)
    if (known !== undefined) return known
    const recorder = await this.engine.plan(this.program, narrow)
    this.#plans.set(key, recorder)
    return recorder
  }

  /** Copies the host tensors of a run to the GPU. Returns their memory. */
  #feed({ bytes, places }: Staged): ReadonlyMap<string, Range> {
    if (places.length === 0) return new Map()
    if (this.#fed === undefined || this.#fed.buffer.size < bytes.length) {
      if (this.#fed !== undefined) this.engine.memory.give(this.#fed)
      this.#fed = this.engine.memory.take(bytes.length)
    }
    const block = this.#fed
    this.engine.device.queue.writeBuffer(block.buffer, 0, bytes)
    return new Map(places.map(({ name, offset, bytes: own }) => [name, { block, offset, bytes: own }]))
  }

  /** Copies the tensors of a pack into a block that the run frees. */
  #copyTogether({ members, bytes }: Layout, rangeOf: (name: string) => Range, encoder: GpuEncoder): Range {
    const block = this.engine.memory.take(bytes)
    for (const member of members) {
      const from = rangeOf(member.name)
      encoder.copyBufferToBuffer(from.block.buffer, from.offset, block.buffer, member.offset, member.bytes)
    }
    return { block, offset: 0, bytes }
  }

  #failure(problem: string, cause?: unknown): PipelineError {
    return new PipelineError('EngineFailed', `program "${this.signature.name}": ${problem}`, { cause })
  }
}

/** Returns the memory of donated tensors over which an output is written, by the name of the output. */
const reusableRanges = (
  { inPlace }: Pick<Plan, 'inPlace'>,
  { tensors }: Given,
  donated: readonly string[],
): ReadonlyMap<string, Range> => {
  const reusable = new Map<string, Range>()
  if (donated.length === 0 || inPlace.size === 0) return reusable
  const given = new Set(donated)
  const uses = new Map<WebgpuTensor, number>()
  for (const tensor of tensors.values()) uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  for (const [output, input] of inPlace) {
    const tensor = tensors.get(input)
    if (tensor !== undefined && given.has(input) && uses.get(tensor) === 1) reusable.set(output, tensor.range)
  }
  return reusable
}
