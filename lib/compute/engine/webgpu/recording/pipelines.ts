import { isReadOnly, type Kernel } from '../kernels/kernel.js'
import type { GpuDevice, GpuLayout, GpuPipeline } from '../gpu.js'

/** Stage of a shader in which a binding is visible: compute. */
const COMPUTE = 4

/** Compiled kernel. */
export interface Compiled {
  readonly pipeline: GpuPipeline
  readonly layout: GpuLayout
}

/** Compiled kernels of an engine. Kernels of equal code share a pipeline, such as those of equal layers. */
export class Pipelines {
  readonly #byCode = new Map<string, Promise<Compiled>>()
  readonly #layouts = new Map<string, GpuLayout>()

  constructor(private readonly device: GpuDevice) {}

  get count(): number {
    return this.#byCode.size
  }

  /** Compiles a kernel. @errors rejects with the message of the compiler */
  compile(kernel: Kernel): Promise<Compiled> {
    const known = this.#byCode.get(kernel.code)
    if (known !== undefined) return known
    const compiled = this.#compile(kernel)
    this.#byCode.set(kernel.code, compiled)
    return compiled
  }

  async #compile({ code, label, bindings }: Kernel): Promise<Compiled> {
    const layout = this.#layout(bindings.map(({ node }) => (isReadOnly(node) ? 'read-only-storage' : 'storage')))
    const pipeline = await this.device.createComputePipelineAsync({
      label,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.device.createShaderModule({ code }), entryPoint: 'main' },
    })
    return { pipeline, layout }
  }

  #layout(types: readonly string[]): GpuLayout {
    const key = types.join()
    const known = this.#layouts.get(key)
    if (known !== undefined) return known
    const entries = types.map((type, binding) => ({ binding, visibility: COMPUTE, buffer: { type } }))
    const layout = this.device.createBindGroupLayout({ entries })
    this.#layouts.set(key, layout)
    return layout
  }
}
