import { defer, finalize, type Observable } from 'rxjs'
import { PipelineError } from '../pipeline-error.js'

/** Passes a stream through; of all that go through the same value, one runs at a time. */
export type Exclusive = <A>(source$: Observable<A>) => Observable<A>

/**
 * Lets one subscription run at a time; the next may start when it ended, however it ended.
 *
 *     source      --a--b--|
 *     second      #                    AlreadyRunning, and the source is not subscribed
 *     afterwards           --a--b--|
 *
 * @errors PipelineError AlreadyRunning, naming `what`
 */
export const exclusive = (what: string): Exclusive => {
  let running = false
  return (source$) =>
    defer(() => {
      if (running) throw new PipelineError('AlreadyRunning', `${what} already serves a run that has not ended`)
      running = true
      return source$.pipe(
        finalize(() => {
          running = false
        }),
      )
    })
}
