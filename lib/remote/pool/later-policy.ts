import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { BehaviorSubject, defer, of, switchMap, throwError } from 'rxjs'
import { ServerError } from '../http/server-error.js'
import type { SettingError } from '../http/setting-error.js'
import type { RemotePolicy } from '../remote-policy.js'

/**
 * Policy of a server that could not be opened because of `fault`. It is opened by the first publication or question that finds the
 * server, so that a pool takes the server in when it answers.
 *
 * @errors through the policy, those of `open`, and `fault` for what is asked before it is open
 */
export const laterPolicy = (
  name: string,
  open: TE.TaskEither<ServerError | SettingError, RemotePolicy>,
  fault: ServerError,
): RemotePolicy => {
  const opened$ = new BehaviorSubject<RemotePolicy | null>(null)
  let opening: Promise<E.Either<ServerError, RemotePolicy>> | null = null
  const openNow = async (): Promise<E.Either<ServerError, RemotePolicy>> => {
    const result = await open()
    opening = null
    if (E.isRight(result)) opened$.next(result.right)
    // The settings were read before, when the server could not be opened.
    else if (!(result.left instanceof ServerError)) throw result.left
    return result as E.Either<ServerError, RemotePolicy>
  }
  const opened: TE.TaskEither<ServerError, RemotePolicy> = () =>
    opened$.value === null ? (opening ??= openNow()) : Promise.resolve(E.right(opened$.value))
  const now = () => (opened$.value === null ? throwError(() => fault) : of(opened$.value))
  return {
    name,
    get version() {
      return opened$.value?.version ?? 0
    },
    sample: (prompts, sampling) => defer(now).pipe(switchMap((policy) => policy.sample(prompts, sampling))),
    score: (batch, temperature) => defer(now).pipe(switchMap((policy) => policy.score(batch, temperature))),
    publish: (weights) =>
      pipe(
        opened,
        TE.chain((policy) => policy.publish(weights)),
      ),
    logprobs: (tokens) =>
      pipe(
        opened,
        TE.chain((policy) => policy.logprobs(tokens)),
      ),
    status$: opened$.pipe(
      switchMap(
        (policy) => policy?.status$ ?? of({ isAlive: false, fault, version: 0, tokensPerSecond: 0, waiting: 0 }),
      ),
    ),
    close: async () => {
      await opening
      await opened$.value?.close()
    },
  }
}
