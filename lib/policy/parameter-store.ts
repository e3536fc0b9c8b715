import type { DeviceTensor } from '../compute/engine/engine.js'
import type { WeightMap } from '../model/weights.js'

/** One version of the parameters. It stays in memory until it is released. */
export interface ParameterLease {
  readonly version: number
  readonly parameters: WeightMap<DeviceTensor>
  readonly release: () => void
}

/** Store of the parameters that policies read and learners publish. It owns every tensor that it holds. */
export interface ParameterStore {
  /** Newest version. */
  readonly version: number
  /** Leases the newest version. A later publication does not change or free a version that is leased. */
  lease(): ParameterLease
  /** Takes ownership of the tensors as version + 1. The version before is freed when its last lease is released. */
  publish(parameters: WeightMap<DeviceTensor>): number
  dispose(): void
}

interface StoredVersion {
  readonly version: number
  readonly parameters: WeightMap<DeviceTensor>
  leases: number
  retired: boolean
}

const freeIfUnused = ({ retired, leases, parameters }: StoredVersion): void => {
  if (retired && leases === 0) for (const tensor of parameters.values()) tensor.dispose()
}

const retire = (stored: StoredVersion): void => {
  stored.retired = true
  freeIfUnused(stored)
}

const leaseOf = (stored: StoredVersion): ParameterLease => {
  stored.leases++
  let isReleased = false
  return {
    version: stored.version,
    parameters: stored.parameters,
    release: () => {
      if (isReleased) return
      isReleased = true
      stored.leases--
      freeIfUnused(stored)
    },
  }
}

/** Creates a store that holds the given parameters as its first version. */
export const createParameterStore = (initial: WeightMap<DeviceTensor>, version = 0): ParameterStore => {
  let newest: StoredVersion = { version, parameters: initial, leases: 0, retired: false }
  return {
    get version() {
      return newest.version
    },
    lease: () => leaseOf(newest),
    publish: (parameters) => {
      const previous = newest
      newest = { version: previous.version + 1, parameters, leases: 0, retired: false }
      retire(previous)
      return newest.version
    },
    dispose: () => retire(newest),
  }
}
