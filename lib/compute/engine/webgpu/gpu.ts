/** Part of the WebGPU interface that the engine uses. The types for Node.js do not declare it. */

/** Region of GPU memory. */
export interface GpuBuffer {
  readonly size: number
  mapAsync(mode: number): Promise<unknown>
  getMappedRange(offset?: number, size?: number): ArrayBuffer
  unmap(): void
  destroy(): void
}

/** Compiled shader. */
export type GpuPipeline = object

/** Buffers that a dispatch reads and writes. */
export type GpuBindGroup = object

/** Types of the buffers of a pipeline. */
export type GpuLayout = object

interface ComputePass {
  setPipeline(pipeline: GpuPipeline): void
  setBindGroup(index: number, group: GpuBindGroup): void
  dispatchWorkgroups(x: number, y?: number, z?: number): void
  end(): void
}

/** Records commands, which one `submit` hands over. */
export interface GpuEncoder {
  beginComputePass(): ComputePass
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void
  finish(): object
}

/** Error that a device reports. */
interface GpuError {
  readonly message: string
}

/** Open connection to a GPU. */
export interface GpuDevice {
  readonly limits: {
    readonly maxBufferSize: number
    readonly maxStorageBufferBindingSize: number
    readonly maxComputeInvocationsPerWorkgroup: number
  }
  readonly queue: {
    writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBufferView | ArrayBuffer): void
    submit(commands: readonly object[]): void
  }
  readonly lost: Promise<GpuError>
  createBuffer(options: { size: number; usage: number; mappedAtCreation?: boolean }): GpuBuffer
  createShaderModule(options: { code: string }): object
  createBindGroupLayout(options: { entries: readonly object[] }): GpuLayout
  createPipelineLayout(options: { bindGroupLayouts: readonly GpuLayout[] }): object
  createComputePipelineAsync(options: {
    label?: string
    layout: object
    compute: { module: object; entryPoint: string }
  }): Promise<GpuPipeline>
  createBindGroup(options: { layout: GpuLayout; entries: readonly object[] }): GpuBindGroup
  createCommandEncoder(): GpuEncoder
  pushErrorScope(filter: 'validation' | 'out-of-memory'): void
  popErrorScope(): Promise<GpuError | null>
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: GpuError }) => void): void
  destroy(): void
}

/** Bits of the purposes of a buffer, from the WebGPU specification. */
export const BufferUse = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const

/** Bits of a buffer that a kernel reads or writes, and that is copied from and to. */
export const MEMORY = BufferUse.storage | BufferUse.copySource | BufferUse.copyTarget
