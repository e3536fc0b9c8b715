import type { DeviceLoss } from '../device-loss.js'

/** Part of a WebGPU device that is used here. */
export interface Device {
  pushErrorScope(filter: 'validation' | 'out-of-memory'): void
  popErrorScope(): Promise<{ readonly message: string } | null>
  /** Resolves when the device is lost: its driver crashed, or the GPU was reset or removed. */
  readonly lost: Promise<DeviceLoss>
}

/** Starts to watch a device. The returned function stops and returns the first error since the start, or undefined. */
export type Watch = () => () => Promise<string | undefined>

/**
 * Makes a watch of a WebGPU device. WebGPU does not throw: if a kernel does not compile, the device reports an error of
 * its own and the result of the kernel stays zero.
 */
export const watchDevice =
  (device: Device): Watch =>
  () => {
    device.pushErrorScope('out-of-memory')
    device.pushErrorScope('validation')
    return async () => {
      const [invalid, exhausted] = await Promise.all([device.popErrorScope(), device.popErrorScope()])
      return (invalid ?? exhausted)?.message
    }
  }
