import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { concat, concatMap, defer, type Observable, of, mergeMap, throwError } from 'rxjs'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { makeRoom } from './disk.js'
import { download, type Order, type Progress, type Whole } from './download.js'
import { type Listing, listing, type RepositoryFile } from './listing.js'
import { modelFiles } from './model-files.js'
import { type Patience, patient, persistent, talkative, type Waiting } from './persistent.js'
import type { Repository } from './repository.js'

/** What will be here at the end. */
export interface Found {
  readonly event: 'found'
  readonly commit: string
  readonly files: readonly RepositoryFile[]
}

export type PullEvent = Found | Progress | Whole | Waiting

export interface PullOptions {
  /** Files that are fetched at the same time. */
  readonly atOnce?: number
  readonly patience?: Patience
}

/**
 * Fetches the files that a model needs into a folder. Unsubscribing ends the requests; what has come stays, and the next
 * pull goes on there.
 *
 *     output    f--p--p--w----p--W--p--W|     f: found, p: progress, w: waiting, W: whole
 *
 * @errors HubError
 */
export const pullModel = (
  repository: Repository,
  folder: string,
  { atOnce = 4, patience = patient }: PullOptions = {},
): Observable<PullEvent> =>
  listing(repository).pipe(
    talkative(repository.hub.endpoint, patience),
    // Whoever is offline is told at once: nothing is lost yet.
    persistent({ on: ['busy'], patience }),
    concatMap((event) => ('event' in event ? of(event) : fetchAll(repository, event, folder, { atOnce, patience }))),
  )

/** The small files come first, so that what is wrong with them shows before an hour has passed. */
const fetchAll = (
  repository: Repository,
  { commit, files: listed }: Listing,
  folder: string,
  { atOnce, patience }: Required<PullOptions>,
): Observable<PullEvent> =>
  pipe(
    modelFiles(repository.name, listed),
    E.match(
      (error) => throwError(() => error),
      (files) =>
        concat(
          of({ event: 'found', commit, files } as const),
          defer(() => makeRoom(folder, files)).pipe(
            mergeMap(() => files),
            mergeMap((file) => fetchOne({ repository, commit, file, folder }, patience), atOnce),
          ),
        ),
    ),
  )

const fetchOne = (order: Order, patience: Patience): Observable<Progress | Whole | Waiting> =>
  fromAsyncGenerator((signal) => download(order, signal)).pipe(
    talkative(order.repository.hub.endpoint, patience),
    persistent({
      on: ['busy', 'unreachable'],
      reached: (value) => (value.event === 'progress' && value.received > 0 ? value.here : 0),
      patience,
    }),
  )
