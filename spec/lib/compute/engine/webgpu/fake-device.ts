import type { GpuBuffer, GpuDevice } from '#lib/compute/engine/webgpu/gpu.js'

const nothing = () => undefined
const thing = () => ({})

/**
 * Device with a memory, whose kernels compute nothing. With `answers: false` no buffer is ever mapped, as on a device that is about
 * to be lost.
 */
export const fakeDevice = ({ answers = true }: { readonly answers?: boolean } = {}) => {
  let lose: (loss: { readonly message: string }) => void = nothing
  const memory = new WeakMap<GpuBuffer, Uint8Array<ArrayBuffer>>()
  const createBuffer: GpuDevice['createBuffer'] = ({ size }) => {
    const bytes = new Uint8Array(size)
    const buffer: GpuBuffer = {
      size,
      mapAsync: () => (answers ? Promise.resolve() : new Promise(nothing)),
      getMappedRange: () => bytes.buffer,
      unmap: nothing,
      destroy: nothing,
    }
    memory.set(buffer, bytes)
    return buffer
  }
  const device: GpuDevice = {
    limits: {
      maxBufferSize: 2 ** 20,
      maxStorageBufferBindingSize: 2 ** 20,
      maxComputeInvocationsPerWorkgroup: 256,
    },
    queue: {
      writeBuffer: (buffer, offset, data) =>
        memory
          .get(buffer)!
          .set(
            ArrayBuffer.isView(data)
              ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
              : new Uint8Array(data),
            offset,
          ),
      submit: nothing,
    },
    lost: new Promise((resolve) => (lose = resolve)),
    createBuffer,
    createShaderModule: thing,
    createBindGroupLayout: thing,
    createPipelineLayout: thing,
    createComputePipelineAsync: () => Promise.resolve({}),
    createBindGroup: thing,
    createCommandEncoder: () => ({
      beginComputePass: () => ({
        setPipeline: nothing,
        setBindGroup: nothing,
        dispatchWorkgroups: nothing,
        end: nothing,
      }),
      copyBufferToBuffer: (from, fromOffset, to, toOffset, size) =>
        memory.get(to)!.set(memory.get(from)!.subarray(fromOffset, fromOffset + size), toOffset),
      finish: thing,
    }),
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    addEventListener: nothing,
    destroy: nothing,
  }
  return { device, lose }
}
