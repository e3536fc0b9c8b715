import type { DeviceTensor } from '../compute/engine/engine.js'
import type { Parameters } from '../model/parameters.js'

/** A version of the weights, kept alive until it is released. */
export interface ParameterLease {
  readonly version: number
  readonly parameters: Parameters<DeviceTensor>
  readonly release: () => void
}

/** Holds the weights that policies read and learners publish. It owns every tensor it holds. */
export interface ParameterStore {
  readonly version: number
  /** The newest version; a reader that is mid-flight keeps the one it leased. */
  lease(): ParameterLease
  /** Takes ownership of the tensors as version + 1; the version before is freed when its last reader is done. */
  publish(parameters: Parameters<DeviceTensor>): number
  dispose(): void
}

interface Held {
  readonly version: number
  readonly parameters: Parameters<DeviceTensor>
  readers: number
  retired: boolean
}

export const parameterStore = (initial: Parameters<DeviceTensor>, version = 0): ParameterStore => {
  const hold = (parameters: Parameters<DeviceTensor>, of: number): Held => ({
    version: of,
    parameters,
    readers: 0,
    retired: false,
  })
  const freeIfUnused = (held: Held) => {
    if (held.retired && held.readers === 0) for (const tensor of held.parameters.values()) tensor.dispose()
  }
  const retire = (held: Held) => {
    held.retired = true
    freeIfUnused(held)
  }
  let newest = hold(initial, version)
  return {
    get version() {
      return newest.version
    },
    lease: () => {
      const held = newest
      held.readers++
      let released = false
      return {
        version: held.version,
        parameters: held.parameters,
        release: () => {
          if (released) return
          released = true
          held.readers--
          freeIfUnused(held)
        },
      }
    },
    publish: (parameters) => {
      const before = newest
      newest = hold(parameters, before.version + 1)
      retire(before)
      return newest.version
    },
    dispose: () => retire(newest),
  }
}
