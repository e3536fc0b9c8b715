import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { concat, concatMap, defer, mergeMap, type Observable, of, throwError } from 'rxjs'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { prepareFolder } from './disk.js'
import { download, type DownloadJob, type Progress, type Whole } from './download.js'
import { fetchListing, type Listing, type RepositoryFile } from './listing.js'
import { selectModelFiles } from './model-files.js'
import type { Repository } from './repository.js'
import { defaultPatience, failOnSilence, type Patience, retryWithWaits, type Waiting } from './retry.js'

/** Event: the files that the folder will hold at the end. */
export interface Found {
  readonly event: 'found'
  readonly commit: string
  readonly files: readonly RepositoryFile[]
}

/** Event of a download. */
export type PullEvent = Found | Progress | Whole | Waiting

/** Options of {@link pullModel}. */
export interface PullOptions {
  /** Number of files that are downloaded at the same time [4]. */
  readonly atOnce?: number
  /** Limits of retries and waits. */
  readonly patience?: Patience
}

/**
 * Downloads the files that a model needs into a folder. Unsubscribing ends the requests. Downloaded bytes stay, and the next
 * download resumes there.
 *
 *     output    f--p--p--w----p--W--p--W|     f: found, p: progress, w: waiting, W: whole
 *
 * @errors HubError
 * @example
 * const repository = { hub: publicHub, name: 'Qwen/Qwen3-0.6B', revision: 'main' }
 * pullModel(repository, 'models/qwen3').subscribe(({ event }) => console.log(event))
 */
export const pullModel = (
  repository: Repository,
  folder: string,
  { atOnce = 4, patience = defaultPatience }: PullOptions = {},
): Observable<PullEvent> =>
  fetchListing(repository).pipe(
    failOnSilence(repository.hub.endpoint, patience),
    // Without a connection it fails at once, because no download has begun that a retry could save.
    retryWithWaits({ on: ['busy'], patience }),
    concatMap((event) => ('event' in event ? of(event) : fetchAll(repository, event, folder, { atOnce, patience }))),
  )

/** Downloads small files first, so that a broken repository fails before the weights are downloaded. */
const fetchAll = (
  repository: Repository,
  { commit, files: listed }: Listing,
  folder: string,
  { atOnce, patience }: Required<PullOptions>,
): Observable<PullEvent> =>
  pipe(
    selectModelFiles(repository.name, listed),
    E.match(
      (error) => throwError(() => error),
      (files) =>
        concat(
          of({ event: 'found', commit, files } as const),
          defer(() => prepareFolder(folder, files)).pipe(
            mergeMap(() => files),
            mergeMap((file) => fetchOne({ repository, commit, file, folder }, patience), atOnce),
          ),
        ),
    ),
  )

const fetchOne = (job: DownloadJob, patience: Patience): Observable<Progress | Whole | Waiting> =>
  fromAsyncGenerator((signal) => download(job, signal)).pipe(
    failOnSilence(job.repository.hub.endpoint, patience),
    retryWithWaits({
      on: ['busy', 'unreachable'],
      progressOf: (value) => (value.event === 'progress' && value.received > 0 ? value.here : 0),
      patience,
    }),
  )
