import type { DeviceTensor } from '../../compute/engine/engine.js'

/** Tensors by name, as a program takes them. */
export type NamedTensors = Readonly<Record<string, DeviceTensor>>

/** Weights that stay in memory until they are released. */
export interface TensorLease {
  readonly weights: NamedTensors
  readonly release: () => void
}

/** Source of a model's weights for readers: the weights themselves, or copies on another engine or in another number format. */
export interface LeasedWeights<Key> {
  /**
   * Leases the weights of a version. Each lease of a version has the same key. The caller keeps its own weights alive until
   * the lease is released.
   *
   * @errors rejects with PipelineError EngineFailed
   */
  lease(own: NamedTensors, key: Key): Promise<TensorLease>
  /** Keeps the copies of that key from their first lease until the source is disposed. */
  keep(key: Key): void
  /** Frees copies without a lease. Leased copies are freed on release. */
  dispose(): void
}

/** Source that lends the caller's own weights. */
export const ownWeights: LeasedWeights<unknown> = {
  lease: (weights) => Promise.resolve({ weights, release: () => undefined }),
  keep: () => undefined,
  dispose: () => undefined,
}

interface Copy {
  readonly creation: Promise<NamedTensors>
  tensors: NamedTensors
  readers: number
}

/**
 * Creates a source that copies weights on their first lease; `copy` may copy all of them or some. If the newest copy is `kept`, it
 * stays for the next reader. All other copies are freed when their last lease is released.
 */
export const createWeightCopies = <Key>(
  copy: (own: NamedTensors) => Promise<NamedTensors>,
  newestCopy: 'kept' | 'freed' = 'kept',
): LeasedWeights<Key> => {
  const copies = new Map<Key, Copy>()
  const kept = new Set<Key>()
  let newest: Key | undefined
  // A lease counts as a reader before the copy is complete, so a copy without readers is complete.
  const freeUnread = () => {
    for (const [key, { tensors, readers }] of copies) {
      if (readers > 0 || key === newest || kept.has(key)) continue
      copies.delete(key)
      freeTensors(tensors)
    }
  }
  const startCopy = (own: NamedTensors, key: Key): Copy => {
    if (newestCopy === 'kept' && !kept.has(key)) newest = key
    freeUnread()
    const started: Copy = { creation: copy(own), tensors: {}, readers: 0 }
    copies.set(key, started)
    return started
  }
  const releaseOnce = (leased: Copy) => {
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      leased.readers--
      freeUnread()
    }
  }
  return {
    lease: async (own, key) => {
      const leased = copies.get(key) ?? startCopy(own, key)
      leased.readers++
      try {
        leased.tensors = await leased.creation
      } catch (error) {
        // A copy that failed has freed its tensors. The next lease of this key copies again.
        if (copies.get(key) === leased) copies.delete(key)
        throw error
      }
      return { weights: { ...own, ...leased.tensors }, release: releaseOnce(leased) }
    },
    keep: (key) => kept.add(key),
    dispose: () => {
      kept.clear()
      newest = undefined
      freeUnread()
    },
  }
}

/** Frees the memory of all tensors. */
export const freeTensors = (tensors: NamedTensors): void => {
  for (const tensor of Object.values(tensors)) tensor.dispose()
}
