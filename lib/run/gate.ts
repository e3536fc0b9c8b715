import { BehaviorSubject, defer, filter, finalize, from, switchMap, take, tap } from 'rxjs'
import type { Policy } from '../policy/policy.js'
import type { Clock } from './clock.js'

/** Holds a run between two batches. */
export interface Gate {
  /** Closes it; what this returns opens it again, unless someone else holds it too. */
  readonly hold: () => () => void
  /** A policy that draws nothing while the gate is closed; what it is drawing goes on. */
  readonly gated: (policy: Policy) => Policy
  /** Time without that during which a policy was kept from drawing. */
  readonly clock: Clock
}

export const gate = (clock: Clock): Gate => {
  const holds$ = new BehaviorSubject(0)
  let waiting = 0
  let since = 0
  let held = 0
  /** Emits when the gate is open: whoever waits is kept until then, or until it gives up. */
  const opened$ = defer(() => {
    let kept = true
    const letGo = () => {
      if (kept && --waiting === 0) held += clock() - since
      kept = false
    }
    if (waiting++ === 0) since = clock()
    return holds$.pipe(
      filter((holds) => holds === 0),
      take(1),
      tap(letGo),
      finalize(letGo),
    )
  })
  return {
    hold: () => {
      holds$.next(holds$.value + 1)
      let holding = true
      return () => {
        if (holding) holds$.next(holds$.value - 1)
        holding = false
      }
    },
    gated: (policy) => ({
      get version() {
        return policy.version
      },
      sample: (prompts, how) =>
        defer(() =>
          holds$.value === 0
            ? from(policy.sample(prompts, how))
            : opened$.pipe(switchMap(() => policy.sample(prompts, how))),
        ),
      score: (batch) => policy.score(batch),
    }),
    clock: () => (waiting > 0 ? since : clock()) - held,
  }
}
