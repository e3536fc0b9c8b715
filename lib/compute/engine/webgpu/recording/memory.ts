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
 * same shapes, and a recording is valid as long as its blocks are. Free blocks never take more memory than blocks in use did at
 * some time, so that shapes which do not come again leave no memory behind.
 */
export class Memory {
  readonly #free = new Map<string, Block[]>()
  /** Free blocks of all sizes; the block that was freed first comes first. */
  readonly #byAge = new Set<Block>()
  #usedBytes = 0
  #mostUsedBytes = 0
  #freeBytes = 0
  #count = 0
  #arena: Block | undefined

  constructor(private readonly device: GpuDevice) {}

  /** Takes a block of at least so many bytes, for values that kernels read and write, or for copies to the host. */
  take(bytes: number, purpose: Purpose = 'values'): Block {
    const size = Math.max(4, Math.ceil(bytes / 4) * 4)
    const known = this.#free.get(`${purpose} ${size}`)?.pop()
    if (known !== undefined) {
      this.#byAge.delete(known)
      this.#freeBytes -= size
    }
    const block = known ?? this.#create(size, purpose)
    this.#usedBytes += size
    this.#mostUsedBytes = Math.max(this.#mostUsedBytes, this.#usedBytes)
    return block
  }

  /** Gives a block back. The GPU runs commands in order, so a later run may write it at once. */
  give(block: Block): void {
    const { size } = block.buffer
    this.#usedBytes -= size
    const free = this.#freeOf(block)
    if (free.length >= KEPT) {
      block.buffer.destroy()
      return
    }
    free.push(block)
    this.#byAge.add(block)
    this.#freeBytes += size
    for (const oldest of this.#byAge) {
      if (this.#freeBytes <= this.#mostUsedBytes) break
      this.#discard(oldest)
    }
  }

  /** Block for the intermediate values of a run. All programs share it, because they run one after another. */
  arena(bytes: number): Block {
    if (this.#arena === undefined || this.#arena.buffer.size < bytes) {
      this.#arena?.buffer.destroy()
      this.#arena = this.#create(Math.max(4, bytes), 'values')
    }
    return this.#arena
  }

  /** Free blocks of the size and the purpose of a block. */
  #freeOf({ purpose, buffer }: Block): Block[] {
    const key = `${purpose} ${buffer.size}`
    const free = this.#free.get(key) ?? []
    this.#free.set(key, free)
    return free
  }

  #discard(block: Block): void {
    const free = this.#freeOf(block)
    free.splice(free.indexOf(block), 1)
    this.#byAge.delete(block)
    this.#freeBytes -= block.buffer.size
    block.buffer.destroy()
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
