import { PipelineError } from '../../../pipeline-error.js'
import { dtypeOfElements } from '../../program/elements.js'
import type { HostTensor, Program } from '../../program/node.js'
import { LossGuard } from '../device-loss.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from '../engine.js'
import { serial } from '../serial.js'
import type { GpuDevice } from './gpu.js'
import { planOf } from './plan/plan.js'
import { type Block, Memory } from './recording/memory.js'
import { toNarrow } from './recording/narrow.js'
import { Pipelines } from './recording/pipelines.js'
import { PlanRecorder } from './recording/plan-recorder.js'
import { ReadBack, wordsOf } from './recording/transfer.js'
import { type EngineServices, WebgpuExecutable } from './webgpu-executable.js'
import { WebgpuTensor } from './webgpu-tensor.js'

/**
 * Engine on WebGPU. A program is compiled into a plan of fused kernels, and a run replays the commands of the plan. Nothing is
 * copied to the host except outputs that are read.
 */
export class WebgpuEngine implements Engine {
  readonly name = 'webgpu'
  readonly #live = new Set<WebgpuTensor>()
  readonly #serial = serial()
  readonly #guard: LossGuard
  readonly #memory: Memory
  readonly #pipelines: Pipelines
  readonly #services: EngineServices
  /** Blocks of the tensors that were disposed since the last call, until they are freed. */
  #disposed: Block[] | undefined
  #problem: string | undefined
  #isClosed = false

  constructor(
    private readonly gpu: GpuDevice,
    readonly device: string,
  ) {
    this.#memory = new Memory(gpu)
    this.#pipelines = new Pipelines(gpu)
    this.#guard = new LossGuard(gpu.lost)
    this.#services = {
      device: gpu,
      memory: this.#memory,
      queue: this.#queue,
      plan: this.#plan,
      own: this.#own,
      recognise: this.#recognise,
      check: () => this.#check(),
    }
    gpu.addEventListener('uncapturederror', ({ error }) => (this.#problem ??= error.message))
  }

  compile(program: Program): Promise<Executable> {
    return this.#queue(async () => {
      const wide = await this.#services.plan(program, new Map())
      return new WebgpuExecutable(program, wide, this.#services)
    })
  }

  readonly #plan: EngineServices['plan'] = async (program, narrow) => {
    const plan = planOf(program, narrow)
    const kernels = plan.steps.flatMap((step) => (step.kind === 'kernel' ? [step.kernel] : []))
    const compiled = await Promise.all(kernels.map((kernel) => this.#pipelines.compile(kernel))).catch(
      (cause: unknown) => {
        throw new PipelineError('EngineFailed', `program "${program.name}": ${String(cause)}`, { cause })
      },
    )
    return new PlanRecorder(plan, compiled, this.gpu, this.#memory)
  }

  start<S, A, B>(routine: Routine<S, A, B>, settings: S): Promise<Started<A, B>> {
    return this.#queue(() => routine.start(this, settings))
  }

  upload({ shape, data, narrow: format }: HostTensor, given?: 'given'): Promise<DeviceTensor> {
    const narrowed = format === undefined ? undefined : toNarrow(data, format)
    const values = narrowed ?? (given === undefined ? data.slice() : data)
    return this.#queue(() => {
      this.#check()
      const words = wordsOf(values)
      const block = this.#memory.take(words.length)
      this.gpu.queue.writeBuffer(block.buffer, 0, words)
      const range = { block, offset: 0, bytes: words.length }
      return this.#own({ shape, dtype: dtypeOfElements(data) }, range, narrowed === undefined ? undefined : format)
    })
  }

  async read(tensor: DeviceTensor): Promise<HostTensor> {
    const known = this.#recognise(tensor)
    if (known === undefined)
      throw new PipelineError('EngineFailed', 'the tensor to read was disposed, or belongs to another engine')
    return this.#queue(async () => {
      const encoder = this.gpu.createCommandEncoder()
      const copies = new ReadBack(this.#memory, [known])
      copies.encode(encoder)
      this.gpu.queue.submit([encoder.finish()])
      const [result] = await copies.tensors()
      this.#check()
      return result!
    })
  }

  memory() {
    return this.#queue(() => ({
      tensors: this.#live.size,
      bytes: [...this.#live].reduce((sum, { range }) => sum + range.bytes, 0),
    }))
  }

  close(): Promise<void> {
    return this.#serial(() => {
      if (this.#isClosed) return
      this.#isClosed = true
      this.#live.clear()
      // Destroying the device frees all of its buffers.
      this.gpu.destroy()
    })
  }

  readonly #queue: EngineServices['queue'] = (task) => {
    // A tensor that is disposed after this call may be in use until it ends.
    this.#disposed = undefined
    return this.#serial(() => {
      if (this.#isClosed) throw new PipelineError('EngineFailed', 'the engine is closed')
      return this.#guard.run(task)
    })
  }

  /** Throws an error that the device reported since the last check. */
  #check(): void {
    const problem = this.#problem
    this.#problem = undefined
    if (problem !== undefined) throw new PipelineError('EngineFailed', `the GPU reported an error: ${problem}`)
  }

  readonly #own: EngineServices['own'] = ({ shape, dtype }, range, narrow) => {
    range.block.users++
    const tensor = new WebgpuTensor(shape, dtype, narrow, range, this.#free)
    this.#live.add(tensor)
    return tensor
  }

  readonly #recognise: EngineServices['recognise'] = (tensor) =>
    tensor instanceof WebgpuTensor && this.#live.has(tensor) ? tensor : undefined

  /** Frees a tensor after the runs that were called before. Tensors that are disposed together are freed in one task. */
  readonly #free = (tensor: WebgpuTensor): void => {
    if (!this.#live.delete(tensor)) return
    if (this.#disposed === undefined) {
      const blocks: Block[] = (this.#disposed = [])
      void this.#serial(() => {
        if (this.#disposed === blocks) this.#disposed = undefined
        for (const block of blocks) if (--block.users === 0) this.#memory.give(block)
      })
    }
    this.#disposed.push(tensor.range.block)
  }
}
