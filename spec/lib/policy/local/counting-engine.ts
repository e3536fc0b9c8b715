import type { DeviceTensor, Engine } from '#lib/compute/engine/engine.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { PipelineError } from '#lib/pipeline-error.js'

/** Engine double that counts what it holds and fails at one of its calls. It cannot run programs. */
export interface CountingEngine extends Engine {
  /** Number of uploads, reads and starts so far. */
  calls(): number
  /** Number of live tensors and of routines that were started and not disposed. */
  held(): { readonly tensors: number; readonly routines: number }
}

/** Creates an engine double. Call number `failing` (from 0) rejects; without it, none does. */
export const countingEngine = (name: string, failing = Infinity): CountingEngine => {
  let [calls, tensors, routines] = [0, 0, 0]
  const count = () => {
    if (calls++ === failing) return Promise.reject(new PipelineError('EngineFailed', `${name}, call ${failing}`))
    return Promise.resolve()
  }
  const contents = new Map<DeviceTensor, HostTensor>()
  const hold = (tensor: HostTensor): DeviceTensor => {
    tensors++
    const device: DeviceTensor = {
      shape: tensor.shape,
      dtype: 'float32',
      dispose: () => {
        if (contents.delete(device)) tensors--
      },
    }
    contents.set(device, tensor)
    return device
  }
  const self: CountingEngine = {
    name,
    compile: () => Promise.reject(new Error('the double runs no programs')),
    start: async (routine, settings) => {
      await count()
      routines++
      const started = routine.start(self, settings)
      const dispose = async () => {
        await started.dispose()
        routines--
      }
      return { run: (...run) => started.run(...run), dispose }
    },
    upload: async (tensor) => {
      await count()
      return hold(tensor)
    },
    read: async (tensor) => {
      await count()
      return contents.get(tensor)!
    },
    memory: () => Promise.resolve({ tensors, bytes: 0 }),
    close: () => Promise.resolve(),
    calls: () => calls,
    held: () => ({ tensors, routines }),
  }
  return self
}
