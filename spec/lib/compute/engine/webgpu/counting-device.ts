import type { GpuBuffer, GpuDevice } from '#lib/compute/engine/webgpu/gpu.js'

/** Buffers of a device, and the bind groups that were made on it. */
export interface Counts {
  readonly buffers: number
  readonly bytes: number
  readonly bindGroups: number
}

/** Wraps a device, and counts what is made on it. */
export const countingDevice = (device: GpuDevice): { readonly device: GpuDevice; readonly counts: () => Counts } => {
  const sizes = new Map<GpuBuffer, number>()
  let bindGroups = 0
  const counted: Partial<GpuDevice> = {
    createBuffer: (options) => {
      const buffer = device.createBuffer(options)
      const destroy = buffer.destroy.bind(buffer)
      buffer.destroy = () => {
        sizes.delete(buffer)
        destroy()
      }
      sizes.set(buffer, options.size)
      return buffer
    },
    createBindGroup: (options) => {
      bindGroups++
      return device.createBindGroup(options)
    },
    // A device that is destroyed frees its buffers.
    destroy: () => {
      sizes.clear()
      device.destroy()
    },
  }
  const get = (target: GpuDevice, key: keyof GpuDevice): unknown => {
    const own: unknown = counted[key] ?? Reflect.get(target, key)
    return typeof own === 'function' && !(key in counted) ? (own.bind(target) as unknown) : own
  }
  return {
    device: new Proxy(device, { get: (target, key) => get(target, key as keyof GpuDevice) }),
    counts: () => ({
      buffers: sizes.size,
      bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
      bindGroups,
    }),
  }
}
