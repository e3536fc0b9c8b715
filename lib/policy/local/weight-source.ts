import type { DeviceTensor } from '../../compute/engine/engine.js'

/** By name, as programs take them. */
export type Weights = Readonly<Record<string, DeviceTensor>>

/** Weights to read, kept until they are released. */
export interface WeightsLease {
  readonly weights: Weights
  release(): void
}

/** Where readers find a model's weights: as they are, or copied to another engine or into another form. */
export interface WeightSource<Key> {
  /**
   * Those of that key, given the model's own, which stay where they are until the lease is released.
   *
   * @errors PipelineError EngineFailed
   */
  lease(own: Weights, key: Key): Promise<WeightsLease>
  /** From when they are first asked for, those of that key stay until the source is disposed. */
  keep(key: Key): void
  dispose(): Promise<void>
}

export const asTheyAre: WeightSource<unknown> = {
  lease: (weights) => Promise.resolve({ weights, release: () => undefined }),
  keep: () => undefined,
  dispose: () => Promise.resolve(),
}

interface Copy {
  readonly made: Promise<Weights>
  readers: number
}

/**
 * Copies of some of the weights or all, made when they are first asked for. The last that was made stays for whoever asks
 * next; those before it are freed as soon as nobody reads them.
 */
export const copies = <Key>(copy: (own: Weights) => Promise<Weights>): WeightSource<Key> => {
  const held = new Map<Key, Copy>()
  const kept = new Set<Key>()
  let newest: Key | undefined
  const freeUnread = async () => {
    const unread = [...held].filter(([key, { readers }]) => readers === 0 && key !== newest && !kept.has(key))
    for (const [key] of unread) held.delete(key)
    // A copy that failed was freed when it did.
    await Promise.all(unread.map(([, { made }]) => made.then(freeWeights, () => undefined)))
  }
  const begun = (own: Weights, key: Key): Copy => {
    if (!kept.has(key)) newest = key
    void freeUnread()
    const copied: Copy = { made: copy(own), readers: 0 }
    held.set(key, copied)
    return copied
  }
  return {
    lease: async (own, key) => {
      const asked = held.get(key) ?? begun(own, key)
      asked.readers++
      let released = false
      const release = () => {
        if (released) return
        released = true
        asked.readers--
        void freeUnread()
      }
      try {
        return { weights: { ...own, ...(await asked.made) }, release }
      } catch (error) {
        if (held.get(key) === asked) held.delete(key)
        throw error
      }
    },
    keep: (key) => kept.add(key),
    dispose: () => {
      kept.clear()
      newest = undefined
      return freeUnread()
    },
  }
}

export const freeWeights = (weights: Weights): void => {
  for (const tensor of Object.values(weights)) tensor.dispose()
}
