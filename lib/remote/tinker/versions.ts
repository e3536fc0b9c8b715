import { defer, firstValueFrom, type Observable, retry, throwError, timer } from 'rxjs'
import { ServerError, type ServerProblem } from '../http/server-error.js'
import type { ServiceModel } from './model.js'

/** Weights that the sampler of a service reads. */
export interface SampledWeights {
  readonly version: number
  /** Address of the weights on the service. */
  readonly address: string
}

/** Versions of the weights of a model on a service. */
export interface ServiceVersions {
  /** Newest version. Requests that were sent before keep theirs. */
  readonly newest: SampledWeights
  /** Saves the present weights as the next version, for the sampler. @errors rejects with ServerError */
  readonly publish: () => Promise<number>
  /** Saves adapters and optimiser state under a new name, and returns their address. @errors rejects with ServerError */
  readonly save: () => Promise<string>
}

/**
 * Saves the present weights of a model as a version, for the sampler. `onPublish` is called with each later version.
 *
 * @errors rejects with ServerError
 */
export const openVersions = async (
  model: ServiceModel,
  version: number,
  onPublish: (version: number) => void,
): Promise<ServiceVersions> => {
  let names = 0
  const nameOf = (of: number, use: 'sampler' | 'state') => `entrain-${String(of).padStart(6, '0')}-${use}-${names++}`
  const saved = async (of: number): Promise<SampledWeights> => ({
    version: of,
    address: await underNewName(() => model.saveForSampling(nameOf(of, 'sampler'))),
  })
  let newest = await saved(version)
  const forget = forgetting(model)
  return {
    get newest() {
      return newest
    },
    publish: async () => {
      newest = await saved(newest.version + 1)
      forget(newest.address)
      onPublish(newest.version)
      return newest.version
    },
    save: () => underNewName(() => model.save(nameOf(newest.version, 'state'))),
  }
}

/** Number of versions that the sampler of a service keeps. Requests of a few batches may be in flight. */
const KEPT = 8

/**
 * Returns a function that takes the address of a new version, and removes old ones. A service that refuses the first removal gets no
 * more of them. A removal that fails for another reason is made again with the next version.
 */
const forgetting = (model: ServiceModel): ((address: string) => void) => {
  const kept: string[] = []
  let canRemove: boolean | null = null
  return (address) => {
    kept.push(address)
    if (canRemove === false) return
    for (const old of kept.splice(0, kept.length - KEPT))
      model.removeSampled(old).subscribe({
        complete: () => (canRemove = true),
        error: (error: unknown) => {
          if (!(error instanceof ServerError && error.problem === 'refused')) kept.unshift(old)
          else canRemove ??= false
        },
      })
  }
}

/** Problems after which it is unknown whether the weights were saved. */
const UNKNOWN: readonly ServerProblem[] = ['unreachable', 'timed-out', 'failed', 'unreadable']

/** Number of further names, and the wait before each. @units ms */
const [FURTHER, WAIT] = [6, 500]

/** Saves under another name if the answer to the first was lost, because a service refuses a name that it has. */
const underNewName = (save: () => Observable<string>): Promise<string> =>
  firstValueFrom(
    defer(save).pipe(
      retry({
        count: FURTHER,
        delay: (error: unknown, attempt) =>
          error instanceof ServerError && UNKNOWN.includes(error.problem)
            ? timer(WAIT * attempt)
            : throwError(() => error),
      }),
    ),
  )
