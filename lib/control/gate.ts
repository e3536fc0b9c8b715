import {
  BehaviorSubject,
  defer,
  filter,
  finalize,
  from,
  type Observable,
  type ObservableInput,
  switchMap,
  take,
  tap,
} from 'rxjs'
import type { Learner } from '../policy/learner.js'
import type { Policy } from '../policy/policy.js'
import type { Clock } from '../timing/clock.js'

/** Holds a run between two batches. */
export interface Gate {
  /**
   * Closes it for new batches, and for updates too where they are named; what this returns opens it again, unless someone
   * else holds it as well.
   */
  readonly hold: (what?: { readonly updates: boolean }) => () => void
  /** A policy that draws nothing while the gate is closed; what it is drawing goes on. */
  readonly gated: (policy: Policy) => Policy
  /** A learner that begins no update while the gate is closed for them: batches may be in flight, and weights stand still. */
  readonly gatedLearner: (learner: Learner) => Learner
  /** Time without that during which the policy or the learner was kept. */
  readonly clock: Clock
}

export const gate = (clock: Clock): Gate => {
  const draws$ = new BehaviorSubject(0)
  const updates$ = new BehaviorSubject(0)
  let waiting = 0
  let since = 0
  let held = 0
  /** Emits when nobody holds it any more: whoever waits is kept until then, or until it gives up. */
  const opened = (holds$: Observable<number>) =>
    defer(() => {
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
  const when = <A>(holds$: BehaviorSubject<number>, work: () => ObservableInput<A>): Observable<A> =>
    defer(() => (holds$.value === 0 ? from(work()) : opened(holds$).pipe(switchMap(work))))
  return {
    hold: ({ updates } = { updates: false }) => {
      const closed = updates ? [draws$, updates$] : [draws$]
      for (const holds$ of closed) holds$.next(holds$.value + 1)
      let holding = true
      return () => {
        if (holding) for (const holds$ of closed) holds$.next(holds$.value - 1)
        holding = false
      }
    },
    gated: (policy) => ({
      get version() {
        return policy.version
      },
      sample: (prompts, how) => when(draws$, () => policy.sample(prompts, how)),
      score: (batch) => policy.score(batch),
    }),
    gatedLearner: (learner) => ({
      update: (batch, how) => when(updates$, () => learner.update(batch, how)),
      snapshot: () => learner.snapshot(),
    }),
    clock: () => (waiting > 0 ? since : clock()) - held,
  }
}
