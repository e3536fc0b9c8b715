import { PipelineError } from '../../../../pipeline-error.js'
import type { GpuDevice } from '../gpu.js'
import type { Place, Plan } from '../plan/plan.js'
import type { Layout } from '../plan/layout.js'
import type { Block, Memory, Range } from './memory.js'
import type { Compiled } from './pipelines.js'
import { type Recording, record } from './recording.js'
import { rangesIn, ResultLayouts } from './results.js'
import { wordsOf } from './transfer.js'

/** Largest number of sets of buffers for which commands are kept. */
const RECORDINGS = 16

/** Commands for a set of buffers, and the memory of the outputs in it. */
interface Recorded {
  readonly commands: Recording
  readonly outputs: ReadonlyMap<string, Range>
}

/** Memory for the outputs of a run: a block with its layout, and the memory of outputs that are written over inputs. */
interface Target {
  readonly layout: Layout
  readonly block: Block | undefined
  readonly reused: ReadonlyMap<string, Range>
}

/** Compiled plan with its constants in GPU memory, and the commands that were recorded for sets of buffers. */
export class PlanRecorder {
  readonly results: ResultLayouts
  readonly #constants: Block | undefined
  readonly #recordings = new Map<string, Recorded>()

  constructor(
    readonly plan: Plan,
    private readonly compiled: readonly Compiled[],
    private readonly device: GpuDevice,
    private readonly memory: Memory,
  ) {
    this.results = new ResultLayouts(plan)
    this.#constants = this.#uploadConstants()
  }

  /** Returns the commands for a set of buffers; they are made when the set is new. @errors rejects with PipelineError EngineFailed */
  async recordedFor(inputs: ReadonlyMap<string, Range>, { reused, layout, block }: Target): Promise<Recorded> {
    const arena = this.memory.arena(this.plan.arena.bytes)
    let key = `${arena.id} ${block?.id} ${[...reused.keys()].join()}`
    for (const { block: own, offset } of inputs.values()) key += ` ${own.id}:${offset}`
    const known = this.#recordings.get(key)
    if (known !== undefined) return known
    const outputs = new Map([...rangesIn(layout, block), ...reused])
    const recorded = { commands: await this.#record(inputs, outputs, arena), outputs }
    if (this.#recordings.size >= RECORDINGS) this.#recordings.delete(this.#recordings.keys().next().value!)
    this.#recordings.set(key, recorded)
    return recorded
  }

  /** Frees the constants and the recordings. */
  dispose(): void {
    if (this.#constants !== undefined) this.memory.give(this.#constants)
    this.#recordings.clear()
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
    this.device.pushErrorScope('validation')
    const recording = record(this.device, this.plan, this.compiled, rangeOf)
    const problem = await this.device.popErrorScope()
    if (problem !== null)
      throw new PipelineError('EngineFailed', `program "${this.plan.program.name}": ${problem.message}`)
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
    const block = this.memory.take(end)
    this.device.queue.writeBuffer(block.buffer, 0, staged)
    return block
  }
}
