/** As much of a WebGPU device as is asked here. */
export interface Device {
  pushErrorScope(filter: 'validation' | 'out-of-memory'): void
  popErrorScope(): Promise<{ readonly message: string } | null>
}

/** Begins to watch; the function it gives ends that, and tells what went wrong in between. */
export type Watch = () => () => Promise<string | undefined>

/** WebGPU throws nothing: a kernel that it cannot compile is an error beside the call, and its result stays zero. */
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
