import { defer, finalize, type MonoTypeOperatorFunction, tap } from 'rxjs'

/**
 * Calls back once when a stream ends. On completion and on failure the call comes before the receiver is told, so that a
 * receiver may start the stream again at once.
 *
 *     source          --a--b|        --a--#        --a--
 *     unsubscribed                                 -----!
 *     call back       ------x        -----x        -----x
 *     output          --a--b|        --a--#        --a--!
 */
export const beforeEnd =
  <A>(callBack: () => void): MonoTypeOperatorFunction<A> =>
  (source$) =>
    defer(() => {
      let hasEnded = false
      const end = () => {
        if (hasEnded) return
        hasEnded = true
        callBack()
      }
      return source$.pipe(tap({ error: end, complete: end }), finalize(end))
    })
