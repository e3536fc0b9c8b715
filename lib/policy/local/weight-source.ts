import type { DeviceTensor } from '../../compute/engine/engine.js'

/** By name, as programs take them. */
export type Weights = Readonly<Record<string, DeviceTensor>>

/** Weights to read, kept until they are released. */
export interface WeightsLease {
  readonly weights: Weights
  readonly release: () => void
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
  /** What is read goes when it is released. */
  dispose(): void
}

export const asTheyAre: WeightSource<unknown> = {
  lease: (weights) => Promise.resolve({ weights, release: () => undefined }),
  keep: () => undefined,
  dispose: () => undefined,
}

interface Copy {
  readonly making: Promise<Weights>
  made: Weights
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
  // Who asks for a copy is a reader until it is made: one without a reader is whole.
  const freeUnread = () => {
    for (const [key, { made, readers }] of held) {
      if (readers > 0 || key === newest || kept.has(key)) continue
      held.delete(key)
      freeWeights(made)
    }
  }
  const begun = (own: Weights, key: Key): Copy => {
    if (!kept.has(key)) newest = key
    freeUnread()
    const copied: Copy = { making: copy(own), made: {}, readers: 0 }
    held.set(key, copied)
    return copied
  }
  return {
    lease: async (own, key) => {
      const asked = held.get(key) ?? begun(own, key)
      asked.readers++
      try {
        asked.made = await asked.making
      } catch (error) {
        // What was copied was freed when that failed; it is tried again when it is asked for again.
        if (held.get(key) === asked) held.delete(key)
        throw error
      }
      let released = false
      const release = () => {
        if (released) return
        released = true
        asked.readers--
        freeUnread()
      }
      return { weights: { ...own, ...asked.made }, release }
    },
    keep: (key) => kept.add(key),
    dispose: () => {
      kept.clear()
      newest = undefined
      freeUnread()
    },
  }
}

export const freeWeights = (weights: Weights): void => {
  for (const tensor of Object.values(weights)) tensor.dispose()
}
