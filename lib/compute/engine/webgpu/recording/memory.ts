import { PipelineError } from '../../../../pipeline-error.js'
import { BufferUse, type GpuBuffer, type GpuDevice, MEMORY } from '../gpu.js'

/** Purpose of a block: values of kernels, or copies that the host reads. */
type Purpose = 'values' | 'reading'

const usages = { values: MEMORY, reading: BufferUse.mapRead | BufferUse.copyTarget } as const

/** Buffer with a number of its own, by which recordings know it. Tensors that share it count as its users. */
export class Block {
  users = 0
  constructor(
    readonly id: number,
    readonly buffer: GpuBuffer,
    readonly purpose: Purpose,
  ) {}
}

/** Part of a block that holds a tensor. */
export interface Range {
  readonly block: Block
  readonly offset: number
  readonly bytes: number
}

/** Largest number of free blocks of one size that are kept for the next run. */
const KEPT = 4

/**
 * GPU memory of an engine. A block that is freed serves the next run that needs its size: programs run again and again with the
 * same shapes, and a recording is valid as long as its blocks are.
 */
export class Memory {
  readonly #free = new Map<string, Block[]>()
  #count = 0
  #arena: Block | undefined

  constructor(private readonly device: GpuDevice) {}

  /** Takes a block of at least so many bytes, for values that kernels read and write, or for copies to the host. */
  take(bytes: number, purpose: Purpose = 'values'): Block {
    const size = Math.max(4, Math.ceil(bytes / 4) * 4)
    return this.#free.get(`${purpose} ${size}`)?.pop() ?? this.#create(size, purpose)
  }

  /** Gives a block back. The GPU runs commands in order, so a later run may write it at once. */
  give(block: Block): void {
    const key = `${block.purpose} ${block.buffer.size}`
    const free = this.#free.get(key) ?? []
    this.#free.set(key, free)
    if (free.length < KEPT) free.push(block)
    else block.buffer.destroy()
  }

  /** Block for the intermediate values of a run. All programs share it, because they run one after another. */
  arena(bytes: number): Block {
    if (this.#arena === undefined || this.#arena.buffer.size < bytes) {
      this.#arena?.buffer.destroy()
      this.#arena = this.#create(Math.max(4, bytes), 'values')
    }
    return this.#arena
  }

  #create(size: number, purpose: Purpose): Block {
    const most = this.device.limits.maxBufferSize
    if (size > most)
      throw new PipelineError(
        'EngineFailed',
        `the GPU gives at most ${most} bytes at once, and ${size} are needed: use smaller batches`,
      )
    return new Block(this.#count++, this.device.createBuffer({ size, usage: usages[purpose] }), purpose)
  }
}
