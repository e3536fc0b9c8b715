import { orThrow } from '../../or-throw.js'
import type { PublishedWeights, RemotePolicy } from '../remote-policy.js'
import { scoreKnown } from './known-sequence.js'
import type { PublishedModel, WeightSync } from './weight-sync.js'

/** Publishes the versions of a local model to servers, and removes the folders of versions that no server uses. */
export interface Publisher {
  /** Newest version that the servers have; null before the first publication. */
  readonly version: number | null
  /** Publishes the newest version, unless the servers have it. @errors rejects with the errors of model, port and servers */
  readonly publish: (knownTokens: readonly number[]) => Promise<void>
  /** Keeps the folders of the present version and of later ones until the returned function is called. */
  readonly use: () => () => void
  /** Removes all folders. Call it after the servers are closed. */
  readonly close: () => Promise<void>
}

/** Creates a publisher. `tolerance` is that of {@link KnownSequence}. */
export const createPublisher = (
  model: PublishedModel,
  samplers: RemotePolicy,
  sync: WeightSync,
  tolerance: number,
): Publisher => {
  const stored = new Map<number, PublishedWeights>()
  const uses = new Set<{ readonly version: number }>()
  let version: number | null = null
  let running: Promise<void> | null = null

  const removeBefore = async (oldest: number): Promise<void> => {
    for (const [ofVersion, weights] of stored) {
      if (ofVersion >= oldest) continue
      // A folder that cannot be removed now is tried again after the next publication.
      if ((await sync.remove(weights)())._tag === 'Right') stored.delete(ofVersion)
    }
  }
  const removeUnused = () => removeBefore(Math.min(version ?? 0, ...[...uses].map((use) => use.version)))

  /** Writes the newest version, unless an earlier publication has written it and then failed. */
  const write = async (): Promise<PublishedWeights> => {
    const weights = await orThrow(model.readParameters())
    const written = stored.get(weights.version) ?? (await orThrow(sync.write(weights)))
    stored.set(written.version, written)
    return written
  }
  const publishNewest = async (knownTokens: readonly number[]): Promise<void> => {
    const written = await write()
    const { version: ofScores, ...known } = await scoreKnown(model.policy, knownTokens)
    // An update that was made meanwhile is published instead.
    if (ofScores !== written.version) return publishNewest(knownTokens)
    await orThrow(samplers.publish({ ...written, known: { ...known, tolerance } }))
    version = written.version
    await removeUnused()
  }
  return {
    get version() {
      return version
    },
    publish: async (knownTokens) => {
      while (running !== null) await running
      if (version === model.policy.version) return
      running = publishNewest(knownTokens).finally(() => {
        running = null
      })
      await running
    },
    use: () => {
      const use = { version: version ?? 0 }
      uses.add(use)
      return () => {
        if (uses.delete(use)) void removeUnused()
      }
    },
    close: async () => {
      await running?.catch(() => undefined)
      await removeBefore(Infinity)
    },
  }
}
