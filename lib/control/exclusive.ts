import { defer, type Observable } from 'rxjs'
import { PipelineError } from '../pipeline-error.js'
import { beforeEnd } from './before-end.js'

/** Operator that passes a stream on, with one subscription at a time among all streams that pass through it. */
export type Exclusive = <A>(source$: Observable<A>) => Observable<A>

/**
 * Creates a lock that one subscription holds at a time. The next one may start when the first has completed, failed or
 * been unsubscribed.
 *
 *     first       --a--b--|
 *     second      #                    AlreadyRunning; its source is not subscribed
 *     third                --a--b--|
 *
 * @errors PipelineError AlreadyRunning naming `resource`
 */
export const exclusive = (resource: string): Exclusive => {
  let isHeld = false
  return (source$) =>
    defer(() => {
      if (isHeld) throw alreadyRunning(resource)
      isHeld = true
      return source$.pipe(
        beforeEnd(() => {
          isHeld = false
        }),
      )
    })
}

/** Error of a second run on a resource that serves one run at a time. */
export const alreadyRunning = (resource: string): PipelineError =>
  new PipelineError('AlreadyRunning', `${resource} already serves a run that has not ended`)
