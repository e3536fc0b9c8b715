import type { GpuDevice } from '#lib/compute/engine/webgpu/gpu.js'

/** Device that computes nothing, and whose buffers are never mapped, like a device that is about to be lost. */
export const fakeDevice = () => {
  let lose: (loss: { readonly message: string }) => void = () => undefined
  const lost = new Promise<{ readonly message: string }>((resolve) => (lose = resolve))
  const nothing = () => undefined
  const thing = () => ({})
  const device: GpuDevice = {
    limits: {
      maxBufferSize: 2 ** 20,
      maxStorageBufferBindingSize: 2 ** 20,
      maxComputeInvocationsPerWorkgroup: 256,
    },
    queue: { writeBuffer: nothing, submit: nothing },
    lost,
    createBuffer: ({ size }) => ({
      size,
      mapAsync: () => new Promise(nothing),
      getMappedRange: () => new ArrayBuffer(size),
      unmap: nothing,
      destroy: nothing,
    }),
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
      copyBufferToBuffer: nothing,
      finish: thing,
    }),
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    addEventListener: nothing,
    destroy: nothing,
  }
  return { device, lose }
}
