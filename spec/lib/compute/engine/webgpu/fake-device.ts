import type { GpuBuffer, GpuDevice, GpuEncoder } from '#lib/compute/engine/webgpu/gpu.js'

class FakeBuffer implements GpuBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>

  constructor(
    readonly size: number,
    private readonly answers: boolean,
  ) {
    this.bytes = new Uint8Array(size)
  }

  mapAsync(): Promise<unknown> {
    return this.answers ? Promise.resolve() : new Promise(nothing)
  }

  getMappedRange(): ArrayBuffer {
    return this.bytes.buffer
  }

  unmap(): void {}
  destroy(): void {}
}

const nothing = () => undefined
const thing = () => ({})

const encoder = (): GpuEncoder => ({
  beginComputePass: () => ({ setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing }),
  copyBufferToBuffer: (from, fromOffset, to, toOffset, size) =>
    (to as FakeBuffer).bytes.set((from as FakeBuffer).bytes.subarray(fromOffset, fromOffset + size), toOffset),
  finish: thing,
})

/**
 * Device with a memory, whose kernels compute nothing. With `answers: false` no buffer is ever mapped, as on a device that is about
 * to be lost.
 */
export const fakeDevice = ({ answers = true }: { readonly answers?: boolean } = {}) => {
  let lose: (loss: { readonly message: string }) => void = nothing
  const device: GpuDevice = {
    limits: {
      maxBufferSize: 2 ** 20,
      maxStorageBufferBindingSize: 2 ** 20,
      maxComputeInvocationsPerWorkgroup: 256,
    },
    queue: {
      writeBuffer: (buffer, offset, data) =>
        (buffer as FakeBuffer).bytes.set(
          ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data),
          offset,
        ),
      submit: nothing,
    },
    lost: new Promise((resolve) => (lose = resolve)),
    createBuffer: ({ size }) => new FakeBuffer(size, answers),
    createShaderModule: thing,
    createBindGroupLayout: thing,
    createPipelineLayout: thing,
    createComputePipelineAsync: () => Promise.resolve({}),
    createBindGroup: thing,
    createCommandEncoder: encoder,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    addEventListener: nothing,
    destroy: nothing,
  }
  return { device, lose }
}
