import * as E from 'fp-ts/lib/Either.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'

/**
 * Opens a resource and builds a value on it. The value owns the resource. If the value cannot be built, the resource is
 * freed.
 *
 * @errors the errors of `open` and `build`
 */
export const buildOn = <E, R, A>(
  open: TE.TaskEither<E, R>,
  build: (resource: R) => TE.TaskEither<E, A>,
  free: (resource: R) => void | Promise<void>,
): TE.TaskEither<E, A> =>
  TE.bracket(open, build, (resource, built) =>
    E.isRight(built) ? TE.right(undefined) : TE.fromTask(async () => free(resource)),
  )

/**
 * Opens several resources at the same time. If one of them cannot be opened, the others are freed.
 *
 * @errors the first error in the order of `opens`
 */
export const openAll =
  <E, R>(
    opens: readonly TE.TaskEither<E, R>[],
    free: (resource: R) => void | Promise<void>,
  ): TE.TaskEither<E, readonly R[]> =>
  async () => {
    const results = await Promise.all(opens.map((open) => open()))
    const opened = RA.rights(results)
    const failure = results.find(E.isLeft)
    if (failure === undefined) return E.right(opened)
    await Promise.all(opened.map(async (resource) => free(resource)))
    return failure
  }

/** Returns a function that runs an effect on its first call; every later call returns the result of the first. */
export const once = <A>(effect: () => A): (() => A) => {
  let first: { readonly result: A } | undefined
  return () => (first ??= { result: effect() }).result
}
