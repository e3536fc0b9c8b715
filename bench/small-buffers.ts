import type { GpuBuffer, GpuDevice } from '../lib/compute/engine/webgpu/gpu.js'

/** Buffer that says it is larger than the buffer behind it. */
interface SmallBuffer extends GpuBuffer {
  readonly real: GpuBuffer
}

/** Sizes of the buffers behind: enough for the inputs of a batch, and for a binding of each kernel. @units bytes */
const [LEAST, MOST] = [2 ** 12, 2 ** 20]

/** Size and distance of bindings. Those of one kernel must not overlap. @units bytes */
const BINDING = 256

/**
 * Returns the device with buffers of at most one megabyte that say they have any size. Commands are the same, and so is the time that
 * the host needs for them. Programs that need more memory than the backend of Dawn that computes nothing (512 MB, at most 256 MB in a
 * buffer) can be timed in this way.
 */
export const withSmallBuffers = (device: GpuDevice): GpuDevice => {
  const { queue } = device
  return {
    limits: { ...limitsOf(device), maxBufferSize: Infinity, maxStorageBufferBindingSize: Infinity },
    lost: device.lost,
    queue: {
      writeBuffer: (buffer, offset, data) => {
        const { real } = buffer as SmallBuffer
        const bytes = ArrayBuffer.isView(data)
          ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          : new Uint8Array(data)
        queue.writeBuffer(real, offset, bytes.length > real.size ? bytes.subarray(0, real.size) : bytes)
      },
      submit: (commands) => queue.submit(commands),
    },
    createBuffer: (options) => {
      const real = device.createBuffer({ ...options, size: Math.min(MOST, Math.max(LEAST, options.size)) })
      const small: SmallBuffer = {
        real,
        size: options.size,
        mapAsync: (mode) => real.mapAsync(mode),
        getMappedRange: () => real.getMappedRange(),
        unmap: () => real.unmap(),
        destroy: () => real.destroy(),
      }
      return small
    },
    createBindGroup: ({ layout, entries }) =>
      device.createBindGroup({ layout, entries: (entries as readonly Entry[]).map(smallEntry) }),
    createCommandEncoder: () => {
      const encoder = device.createCommandEncoder()
      return {
        beginComputePass: () => encoder.beginComputePass(),
        copyBufferToBuffer: (from, _, to) => {
          const [source, target] = [from as SmallBuffer, to as SmallBuffer]
          if (source.real !== target.real) encoder.copyBufferToBuffer(source.real, 0, target.real, 0, BINDING)
        },
        finish: () => encoder.finish(),
      }
    },
    createShaderModule: (options) => device.createShaderModule(options),
    createBindGroupLayout: (options) => device.createBindGroupLayout(options),
    createPipelineLayout: (options) => device.createPipelineLayout(options),
    createComputePipelineAsync: (options) => device.createComputePipelineAsync(options),
    pushErrorScope: (filter) => device.pushErrorScope(filter),
    popErrorScope: () => device.popErrorScope(),
    addEventListener: (type, listener) => device.addEventListener(type, listener),
    destroy: () => device.destroy(),
  }
}

/** The limits of a device are properties of its class, which a spread does not copy. */
const limitsOf = ({ limits: { maxComputeInvocationsPerWorkgroup } }: GpuDevice) => ({
  maxComputeInvocationsPerWorkgroup,
})

/** Buffer of a binding of a bind group. */
interface Entry {
  readonly binding: number
  readonly resource: { readonly buffer: SmallBuffer; readonly size: number }
}

const smallEntry = ({ binding, resource: { buffer, size } }: Entry) => ({
  binding,
  resource: { buffer: buffer.real, offset: binding * BINDING, size: Math.min(size, BINDING) },
})
