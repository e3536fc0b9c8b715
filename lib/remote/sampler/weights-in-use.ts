import type { WireWeights } from './wire.js'

/** Weights that a server samples with. */
export interface ServedWeights {
  readonly version: number
  /** Weights that were published; null for those that the server was started with. */
  readonly loaded: WireWeights | null
}

/** Weights of one request, which the server keeps until `release` is called. */
export interface WeightsLease {
  readonly weights: ServedWeights
  readonly release: () => void
}

/** Newest weights of a server, and the older ones that requests still use. */
export interface WeightsInUse {
  readonly newest: ServedWeights
  readonly lease: () => WeightsLease
  /** Makes later leases use other weights. */
  readonly replace: (weights: ServedWeights) => void
}

/**
 * Counts the requests that use each version of the weights. `retire` is called with the name of adapters when newer ones were
 * published and no request uses them any longer.
 */
export const createWeightsInUse = (first: ServedWeights, retire: (name: string) => void): WeightsInUse => {
  let newest = first
  const uses = new Map<string, number>()
  const isIdle = (name: string) => (uses.get(name) ?? 0) === 0
  const retireIfIdle = ({ loaded }: ServedWeights) => {
    if (loaded?.kind !== 'adapters' || loaded.name === newest.loaded?.name || !isIdle(loaded.name)) return
    uses.delete(loaded.name)
    retire(loaded.name)
  }
  const count = ({ loaded }: ServedWeights, change: number) => {
    if (loaded !== null) uses.set(loaded.name, (uses.get(loaded.name) ?? 0) + change)
  }
  return {
    get newest() {
      return newest
    },
    lease: () => {
      const weights = newest
      let isReleased = false
      count(weights, 1)
      return {
        weights,
        release: () => {
          if (isReleased) return
          isReleased = true
          count(weights, -1)
          retireIfIdle(weights)
        },
      }
    },
    replace: (weights) => {
      const before = newest
      newest = weights
      retireIfIdle(before)
    },
  }
}
