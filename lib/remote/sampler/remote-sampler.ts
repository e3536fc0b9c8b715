import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  BehaviorSubject,
  catchError,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  firstValueFrom,
  lastValueFrom,
  map,
  merge,
  type Observable,
  tap,
  take,
  takeUntil,
  throwError,
  timer,
} from 'rxjs'
import { slots } from '../../control/slots.js'
import { checkOptions, integerFrom, timerSeconds } from '../../option.js'
import type { Clock } from '../../timing/clock.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import { isFinal, ServerError } from '../http/server-error.js'
import type { RemotePolicy } from '../remote-policy.js'
import { type FolderMapping, mapFolder } from './folder-mapping.js'
import type { LogprobKind } from './logprob-kind.js'
import { samplePrompts } from './sample-prompts.js'
import { scoreBatch } from './score-batch.js'
import { createActivity } from './server-activity.js'
import { createTurns } from './turns.js'
import { createWeightsInUse, type ServedWeights } from './weights-in-use.js'
import type { SamplerWire } from './wire.js'

/** Options of every policy on a server. */
export interface SamplerOptions {
  /** Tokenizer of the model. It decodes completions, and its `ends` are the stop tokens. */
  readonly tokenizer: Tokenizer
  /** Maximum number of prompts that the server works on at the same time [256; 32 on SGLang, where each completion is a request]. */
  readonly prompts?: number
  /**
   * Way in which the policy scores a batch: from the log-probs of the sampled tokens, or from those of the k most probable ones
   * [sampled]. It has no effect if a local learner scores.
   */
  readonly scores?: 'sampled' | { readonly topK: number }
  /** Folders of this machine as the machine of the server sees them. Absent if both use the same paths. */
  readonly folders?: FolderMapping
  /** Version of the weights that the server was started with [0]. */
  readonly version?: number
  /** Time between two requests that ask whether the server works, while somebody watches the status [5]. @units seconds */
  readonly statusInterval?: number
  /** Clock of the sampling speed. */
  readonly clock?: Clock
}

/** Checks the options that have a range. @errors throws RangeError */
export const checkSamplerOptions = ({ prompts, version, statusInterval, scores }: SamplerOptions): void => {
  checkOptions(
    { prompts, version, statusInterval, topK: typeof scores === 'object' ? scores.topK : undefined },
    { prompts: integerFrom(1), version: integerFrom(0), statusInterval: timerSeconds, topK: integerFrom(1) },
  )
}

/** Maximum time for which the end waits until adapters are unloaded. @units seconds */
const UNLOAD_LIMIT = 3

/** Makes a request with the newest weights, which the server keeps until its end. */
export type WithWeights = <A>(request: (weights: ServedWeights) => Observable<A>) => Observable<A>

/** Makes scoring requests run alone, if the server needs it. */
const inTurns = (wire: SamplerWire): SamplerWire => {
  if (wire.scoresBeside) return wire
  const { beside, alone } = createTurns()
  return {
    ...wire,
    complete: (request) => beside(wire.complete(request)),
    logprobs: (sequence) => beside(wire.logprobs(sequence)),
    score: (sequence) => alone(wire.score(sequence)),
  }
}

/** Creates the policy of a server, by the requests of its kind. */
export const createRemoteSampler = (ofKind: SamplerWire, kind: LogprobKind, options: SamplerOptions): RemotePolicy => {
  const wire = inTurns(ofKind)
  const { tokenizer, prompts = 256, scores = 'sampled', version = 0 } = options
  const { statusInterval: interval = 5, clock = () => performance.now() / 1000 } = options
  const unwanted = new Set<string>()
  // Adapters that cannot be unloaded now are tried again after the next publication, unless the server refuses to unload them.
  const unloadUnwanted = () => {
    for (const name of unwanted)
      wire.unload(name).subscribe({
        next: () => unwanted.delete(name),
        error: (error: unknown) => {
          if (error instanceof ServerError && isFinal(error)) unwanted.delete(name)
        },
      })
  }
  const unloadInTime = (name: string): Observable<unknown> =>
    wire.unload(name).pipe(
      // The server is used no longer, so adapters that stay loaded do no harm to the run.
      catchError(() => EMPTY),
      takeUntil(timer(1000 * UNLOAD_LIMIT)),
    )
  const weights = createWeightsInUse({ version, loaded: null }, (name) => {
    unwanted.add(name)
    unloadUnwanted()
  })
  const activity = createActivity({ version, ask: wire.ask, interval, clock })
  const inSlot = slots(prompts)
  // While a whole model is replaced, the server would sample new requests with one or the other.
  const isOpen$ = new BehaviorSubject(true)
  const withWeights: WithWeights = (request) =>
    isOpen$.pipe(
      filter((isOpen) => isOpen),
      take(1),
      concatMap(() => {
        const { weights: served, release } = weights.lease()
        return defer(() => request(served)).pipe(reloadForgotten(wire, served), activity.watch(), finalize(release))
      }),
    )
  const context = { wire, tokenizer, withWeights, inSlot, activity }
  return {
    name: wire.name,
    get version() {
      return weights.newest.version
    },
    vocabulary: tokenizer.vocabulary,
    scoreMethod: scores === 'sampled' ? 'sampled' : 'top-k',
    sample: (batch, sampling) => samplePrompts(context, kind, batch, sampling),
    score: (batch, temperature = 1) => scoreBatch(context, batch, temperature, scores),
    publish: ({ version: newest, name, kind: ofWeights, folder }) =>
      pipe(
        TE.fromEither(mapFolder(folder, options.folders, wire.name)),
        TE.map((there) => ({ name, kind: ofWeights, folder: there })),
        TE.chain((loaded) =>
          oneValue(
            defer(() => {
              if (ofWeights === 'model') isOpen$.next(false)
              return wire.load(loaded)
            }).pipe(
              tap(() => {
                weights.replace({ version: newest, loaded })
                unwanted.delete(name)
                unloadUnwanted()
                activity.setVersion(newest)
              }),
              finalize(() => isOpen$.next(true)),
            ),
          ),
        ),
        TE.map(() => undefined),
      ),
    logprobs: (tokens) =>
      oneValue(
        withWeights((served) =>
          // A server that applies the sampling settings would return 0 for every given token.
          kind === 'processed'
            ? wire.score({ tokens, top: 0, weights: nameOf(served) }).pipe(map(({ logprobs_T }) => logprobs_T))
            : wire.logprobs({ tokens, weights: nameOf(served) }),
        ),
      ),
    status$: activity.status$,
    close: async () => {
      activity.close()
      const { loaded } = weights.newest
      if (loaded?.kind === 'adapters') unwanted.add(loaded.name)
      await lastValueFrom(merge(...[...unwanted].map(unloadInTime)), { defaultValue: undefined })
      await wire.close()
    },
  }
}

const nameOf = ({ loaded }: ServedWeights): string | null => loaded?.name ?? null

/** Loads weights again that the server has lost, for example at a restart, and then repeats the request once. */
const reloadForgotten =
  <A>(wire: SamplerWire, { loaded }: ServedWeights) =>
  (request$: Observable<A>): Observable<A> =>
    request$.pipe(
      catchError((error: unknown) =>
        loaded !== null && wire.isForgotten(error)
          ? wire.load(loaded).pipe(concatMap(() => request$))
          : throwError(() => error),
      ),
    )

/** Runs a request as a one-shot effect. Errors that are no {@link ServerError} reject, because they are faults of the program. */
export const oneValue =
  <A>(request$: Observable<A>): TE.TaskEither<ServerError, A> =>
  () =>
    firstValueFrom(request$).then(E.right, (error: unknown) => {
      if (error instanceof ServerError) return E.left(error)
      throw error
    })

/** Runs an asynchronous function as a one-shot effect, with errors as in {@link oneValue}. */
export const whenAsync = <A>(run: () => Promise<A>): TE.TaskEither<ServerError, A> => oneValue(defer(run))
