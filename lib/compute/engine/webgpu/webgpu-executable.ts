import { PipelineError } from '../../../pipeline-error.js'
import type { DType, HostTensor, Node, Shape } from '../../program/node.js'
import { type Signature, signatureOf } from '../../program/signature.js'
import type { DeviceTensor, Executable, Feed, RunResult } from '../engine.js'
import { checkRun, isHostTensor } from '../feed.js'
import { idBounds, idOutside } from '../id-bounds.js'
import type { GpuDevice, GpuEncoder } from './gpu.js'
import { align } from './plan/arena.js'
import { type Layout, layoutOf } from './plan/layout.js'
import type { Place, Plan } from './plan/plan.js'
import type { Block, Memory, Range } from './recording/memory.js'
import type { Compiled } from './recording/pipelines.js'
import { type Recording, record, replay } from './recording/recording.js'
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

/** Input of a run: a copy of a host tensor, or a tensor of this engine. */
type Given = HostTensor | WebgpuTensor

/** Largest number of sets of buffers for which commands are kept. */
const RECORDINGS = 16

/** Memory of the outputs of one run. */
interface Results {
  readonly block: Block | undefined
  readonly ranges: ReadonlyMap<string, Range>
  /** Donated tensors in whose memory an output is. */
  readonly reused: ReadonlyMap<string, WebgpuTensor>
}

/** Program that replays a plan. */
export class WebgpuExecutable implements Executable {
  readonly signature: Signature
  readonly #idBounds: ReadonlyMap<Node, number>
  readonly #constants: Block | undefined
  readonly #recordings = new Map<string, Recording>()
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
  }

  async run(feed: Feed, read: readonly string[] = [], donated: readonly string[] = []): Promise<RunResult> {
    if (this.#isDisposed) throw this.#failure('it was disposed')
    checkRun(this.signature, feed, read, donated)
    const given = new Map([...this.plan.program.inputs].map(([name, node]) => [name, this.#take(node, feed[name]!)]))
    const taken = donated.map((name) => given.get(name) as WebgpuTensor)
    const running = this.engine.queue(async () => {
      try {
        return await this.#perform(given, new Set(read), new Set(donated))
      } catch (cause) {
        throw cause instanceof PipelineError ? cause : this.#failure(String(cause), cause)
      }
    })
    // The tensors are freed after the run, because the engine serves calls in order.
    for (const tensor of new Set(taken)) tensor.dispose()
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

  /** Reads an input at the time of the call, because the caller may change or dispose it immediately after the call. */
  #take(node: Node<'input'>, given: HostTensor | DeviceTensor): Given {
    const { name } = node.attributes
    if (isHostTensor(given)) {
      const rows = this.#idBounds.get(node)
      const outside = rows === undefined ? undefined : idOutside(given.data, rows)
      if (outside !== undefined)
        throw this.#failure(`input "${name}": the id ${outside} is out of the range 0 to ${rows! - 1}`)
      return { shape: given.shape, data: given.data.slice() }
    }
    const tensor = this.engine.recognise(given)
    if (tensor === undefined) throw this.#failure(`input "${name}" was disposed, or belongs to another engine`)
    return tensor
  }

  async #perform(
    given: ReadonlyMap<string, Given>,
    read: ReadonlySet<string>,
    donated: ReadonlySet<string>,
  ): Promise<RunResult> {
    const { device, memory, own, check } = this.engine
    check()
    const encoder = device.createCommandEncoder()
    const scratch: Block[] = []
    const inputs = this.#packed(this.#feed(given), encoder, scratch)
    const results = this.#allocate(given, donated)
    replay(await this.#recordingOf(inputs, results), encoder)
    const back = [...read]
    const requests = back.map((name) => ({ ...this.#typeOf(name), range: results.ranges.get(name)! }))
    const copies = back.length === 0 ? undefined : new ReadBack(memory, requests)
    copies?.encode(encoder)
    device.queue.submit([encoder.finish()])
    scratch.forEach((block) => memory.give(block))
    const outputs: Record<string, DeviceTensor> = {}
    for (const name of this.signature.outputs.keys()) {
      const range = results.ranges.get(name)!
      if (read.has(name)) continue
      const { shape, dtype } = this.#typeOf(name)
      outputs[name] = own(shape, dtype, range)
    }
    if (results.block?.users === 0) memory.give(results.block)
    const host = (await copies?.tensors()) ?? []
    check()
    return { device: outputs, host: Object.fromEntries(back.map((name, i) => [name, host[i]!])) }
  }

  #typeOf(name: string): { readonly shape: Shape; readonly dtype: DType } {
    const { shape, dtype } = this.signature.outputs.get(name)!
    return { shape, dtype }
  }

  /** Copies the host tensors of a run to the GPU in one piece. Returns the memory of every input. */
  #feed(given: ReadonlyMap<string, Given>): ReadonlyMap<string, Range> {
    const host = [...given].flatMap(([name, tensor]) => (isHostTensor(tensor) ? [{ name, tensor }] : []))
    const bytes = host.reduce((sum, { tensor }) => sum + align(tensor.data.byteLength), 0)
    const ranges = new Map<string, Range>()
    for (const [name, tensor] of given) if (!isHostTensor(tensor)) ranges.set(name, tensor.range)
    if (bytes === 0) return ranges
    if (this.#fed === undefined || this.#fed.buffer.size < bytes) {
      if (this.#fed !== undefined) this.engine.memory.give(this.#fed)
      this.#fed = this.engine.memory.take(bytes)
    }
    const staged = new Uint8Array(bytes)
    let offset = 0
    for (const { name, tensor } of host) {
      const words = wordsOf(tensor.data)
      staged.set(words, offset)
      ranges.set(name, { block: this.#fed, offset, bytes: words.length })
      offset += align(words.length)
    }
    this.engine.device.queue.writeBuffer(this.#fed.buffer, 0, staged)
    return ranges
  }

  /**
   * Returns the memory of the inputs of the plan. Tensors of a pack that lie in one block as the pack does are used where they
   * are, such as the results of the step before. Others are copied together first.
   */
  #packed(given: ReadonlyMap<string, Range>, encoder: GpuEncoder, scratch: Block[]): ReadonlyMap<string, Range> {
    return new Map(
      [...this.plan.inputs.keys()].map((name): [string, Range] => {
        const pack = this.plan.packedInputs.get(name)
        if (pack === undefined) return [name, given.get(name)!]
        const whole = wholeOf(pack, given)
        if (whole !== undefined) return [name, whole]
        const block = this.engine.memory.take(pack.bytes)
        scratch.push(block)
        for (const { name: member, offset, bytes } of pack.members) {
          const from = given.get(member)!
          encoder.copyBufferToBuffer(from.block.buffer, from.offset, block.buffer, offset, bytes)
        }
        return [name, { block, offset: 0, bytes: pack.bytes }]
      }),
    )
  }

  /** Takes one block for all outputs, except those that are written over a donated input. */
  #allocate(given: ReadonlyMap<string, Given>, donated: ReadonlySet<string>): Results {
    const reused = new Map(
      [...this.plan.inPlace].flatMap(([output, input]) => {
        const tensor = given.get(input)!
        const isOnlyUse = [...given.values()].filter((other) => other === tensor).length === 1
        return donated.has(input) && isOnlyUse ? [[output, tensor as WebgpuTensor] as const] : []
      }),
    )
    const fresh = layoutOf([...this.plan.outputs].filter(([name]) => !reused.has(name)))
    const block = fresh.bytes === 0 ? undefined : this.engine.memory.take(fresh.bytes)
    const ranges = new Map<string, Range>([...reused].map(([name, { range }]) => [name, range]))
    for (const { name, offset, bytes } of fresh.members) ranges.set(name, { block: block!, offset, bytes })
    for (const [name, { members }] of this.plan.packedOutputs)
      for (const member of members) {
        const { block, offset } = ranges.get(name)!
        ranges.set(member.name, { block, offset: offset + member.offset, bytes: member.bytes })
      }
    return { block, ranges, reused }
  }

  /** Returns the commands for a set of buffers; they are made when the set is new. */
  async #recordingOf(inputs: ReadonlyMap<string, Range>, { ranges }: Results): Promise<Recording> {
    const arena = this.engine.memory.arena(this.plan.arena.bytes)
    let key = String(arena.id)
    for (const { block, offset } of inputs.values()) key += ` ${block.id}:${offset}`
    for (const name of this.plan.outputs.keys()) {
      const { block, offset } = ranges.get(name)!
      key += ` ${block.id}:${offset}`
    }
    const known = this.#recordings.get(key)
    if (known !== undefined) return known
    const recording = await this.#record(inputs, ranges, arena)
    if (this.#recordings.size >= RECORDINGS) this.#recordings.delete(this.#recordings.keys().next().value!)
    this.#recordings.set(key, recording)
    return recording
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

/** Returns the memory of a pack if its tensors lie in it already; undefined otherwise. */
const wholeOf = ({ members, bytes }: Layout, given: ReadonlyMap<string, Range>): Range | undefined => {
  const { block, offset } = given.get(members[0]!.name)!
  const isWhole =
    offset + bytes <= block.buffer.size &&
    members.every((member) => {
      const range = given.get(member.name)!
      return range.block === block && range.offset === offset + member.offset
    })
  return isWhole ? { block, offset, bytes } : undefined
}
