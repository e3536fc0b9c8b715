import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Node, Shape } from '../../program/node.js'
import { type Signature, signatureOf } from '../../program/signature.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'
import { idBounds, idOutside } from '../id-bounds.js'
import type { GpuDevice, GpuEncoder } from './gpu.js'
import type { Layout } from './plan/layout.js'
import type { Place, Plan } from './plan/plan.js'
import type { Block, Memory, Range } from './recording/memory.js'
import type { Compiled } from './recording/pipelines.js'
import { type Recording, record, replay } from './recording/recording.js'
import { inputRanges } from './recording/input-ranges.js'
import { rangesIn, ResultLayouts } from './recording/results.js'
import { type Staged, stage } from './recording/staging.js'
import { ReadBack, wordsOf } from './recording/transfer.js'
import type { WebgpuTensor } from './webgpu-tensor.js'

/** Services of the engine that an executable uses. */
export interface EngineServices {
  readonly device: GpuDevice
  readonly memory: Memory
  /** Runs tasks in order. It refuses tasks after the engine is closed. */
  readonly queue: <A>(task: () => A | Promise<A>) => Promise<A>
  /** Makes a live tensor of the engine, which is one more user of its block. */
  readonly own: (shape: Shape, dtype: DType, range: Range) => WebgpuTensor
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

/** Largest number of sets of buffers for which commands are kept. */
const RECORDINGS = 16

/** Commands for a set of buffers, and the memory of the outputs in it. */
interface Recorded {
  readonly commands: Recording
  readonly outputs: ReadonlyMap<string, Range>
}

/** Memory for the outputs of a run: a block with its layout, and donated tensors over which outputs are written. */
interface Target {
  readonly layout: Layout
  readonly block: Block | undefined
  readonly reused: ReadonlyMap<string, WebgpuTensor>
}

/** Program that replays a plan. */
export class WebgpuExecutable implements Executable {
  readonly signature: Signature
  readonly #idBounds: ReadonlyMap<Node, number>
  readonly #constants: Block | undefined
  readonly #results: ResultLayouts
  readonly #recordings = new Map<string, Recorded>()
  #fed: Block | undefined
  #isDisposed = false

  constructor(
    readonly plan: Plan,
    private readonly compiled: readonly Compiled[],
    private readonly engine: EngineServices,
  ) {
    this.signature = signatureOf(plan.program)
    this.#idBounds = idBounds(plan.program)
    this.#constants = this.#uploadConstants()
    this.#results = new ResultLayouts(plan)
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
        for (const block of [this.#constants, this.#fed]) if (block !== undefined) this.engine.memory.give(block)
        this.#recordings.clear()
      })
      .catch(() => undefined)
  }

  /** Reads the inputs at the time of the call, because the caller may change or dispose them immediately after it. */
  #take(feed: Feed): Given {
    const tensors = new Map<string, WebgpuTensor>()
    const host: (readonly [string, HostTensor])[] = []
    for (const [name, node] of this.plan.program.inputs) {
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
      throw this.#failure(
        `input "${node.attributes.name}": the id ${outside} is out of the range 0 to ${rows! - 1}`,
      )
  }

  async #perform(given: Given, read: readonly string[], donated: readonly string[]): Promise<RunResult> {
    const { device, memory, own, check } = this.engine
    check()
    const encoder = device.createCommandEncoder()
    const scratch: Block[] = []
    const fed = this.#feed(given.staged)
    const rangeOf = (name: string): Range => given.tensors.get(name)?.range ?? fed.get(name)!
    const inputs = inputRanges(this.plan, rangeOf, (pack) => {
      const range = this.#copyTogether(pack, rangeOf, encoder)
      scratch.push(range.block)
      return range
    })
    const reused = this.#reusable(given, donated)
    const { layout, block } = this.#allocate(reused)
    const { commands, outputs } = await this.#recordedFor(inputs, { reused, layout, block })
    replay(commands, encoder)
    const back = [...new Set(read)]
    const requests = back.map((name) => ({ ...this.signature.outputs.get(name)!, range: outputs.get(name)! }))
    const copies = back.length === 0 ? undefined : new ReadBack(memory, requests)
    copies?.encode(encoder)
    device.queue.submit([encoder.finish()])
    scratch.forEach((each) => memory.give(each))
    const results: Record<string, DeviceTensor> = {}
    for (const [name, { shape, dtype }] of this.signature.outputs)
      if (!back.includes(name)) results[name] = own(shape, dtype, outputs.get(name)!)
    if (block?.users === 0) memory.give(block)
    const host = (await copies?.tensors()) ?? []
    check()
    return { device: results, host: Object.fromEntries(back.map((name, i) => [name, host[i]!])) }
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

  /** Returns the donated tensors over which an output is written, by the name of the output. */
  #reusable({ tensors }: Given, donated: readonly string[]): ReadonlyMap<string, WebgpuTensor> {
    const reusable = new Map<string, WebgpuTensor>()
    if (donated.length === 0 || this.plan.inPlace.size === 0) return reusable
    const given = new Set(donated)
    const uses = new Map<WebgpuTensor, number>()
    for (const tensor of tensors.values()) uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
    for (const [output, input] of this.plan.inPlace) {
      const tensor = tensors.get(input)
      if (tensor !== undefined && given.has(input) && uses.get(tensor) === 1) reusable.set(output, tensor)
    }
    return reusable
  }

  /** Takes one block for all outputs, except those that are written over a donated input. */
  #allocate(reused: ReadonlyMap<string, WebgpuTensor>): Pick<Target, 'layout' | 'block'> {
    const layout = this.#results.without([...reused.keys()])
    return { layout, block: layout.bytes === 0 ? undefined : this.engine.memory.take(layout.bytes) }
  }

  /** Returns the commands for a set of buffers; they are made when the set is new. */
  async #recordedFor(inputs: ReadonlyMap<string, Range>, { reused, layout, block }: Target): Promise<Recorded> {
    const arena = this.engine.memory.arena(this.plan.arena.bytes)
    let key = `${arena.id} ${block?.id} ${[...reused.keys()].join()}`
    for (const { block: { id }, offset } of inputs.values()) key += ` ${id}:${offset}`
    const known = this.#recordings.get(key)
    if (known !== undefined) return known
    const outputs = rangesIn(layout, block)
    for (const [name, { range }] of reused) outputs.set(name, range)
    const recorded = { commands: await this.#record(inputs, outputs, arena), outputs }
    if (this.#recordings.size >= RECORDINGS) this.#recordings.delete(this.#recordings.keys().next().value!)
    this.#recordings.set(key, recorded)
    return recorded
  }

  async #record(
    inputs: ReadonlyMap<string, Range>,
    outputs: ReadonlyMap<string, Range>,
    arena: Block,
  ): Promise<Recording> {
    const rangeOf = (place: Place, bytes: number): Range => {
      switch (place.kind) {
        case 'input':
          return inputs.get(place.name)!
        case 'output':
          return outputs.get(place.name)!
        case 'constant':
          return { block: this.#constants!, offset: place.offset, bytes }
        case 'arena':
          return { block: arena, offset: place.offset, bytes }
      }
    }
    // A recording is validated when it is made. A replay of valid commands cannot fail.
    this.engine.device.pushErrorScope('validation')
    const recording = record(this.engine.device, this.plan, this.compiled, rangeOf)
    const problem = await this.engine.device.popErrorScope()
    if (problem !== null) throw this.#failure(problem.message)
    return recording
  }

  #uploadConstants(): Block | undefined {
    const { constants, placeOf } = this.plan
    if (constants.length === 0) return undefined
    const pieces = constants.map((node) => {
      const place = placeOf(node)
      return { offset: place.kind === 'constant' ? place.offset : 0, words: wordsOf(node.attributes.data) }
    })
    const end = pieces.reduce((most, { offset, words }) => Math.max(most, offset + words.length), 0)
    const staged = new Uint8Array(end)
    for (const { offset, words } of pieces) staged.set(words, offset)
    const block = this.engine.memory.take(end)
    this.engine.device.queue.writeBuffer(block.buffer, 0, staged)
    return block
  }

  #failure(problem: string, cause?: unknown): PipelineError {
    return new PipelineError('EngineFailed', `program "${this.signature.name}": ${problem}`, { cause })
  }
}
