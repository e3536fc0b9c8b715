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
import type { LearnerState } from '../checkpoint/training-state.js'
import { mapLearner } from '../policy/map-learner.js'
import { mapPolicy } from '../policy/map-policy.js'
import type { Policy } from '../policy/policy.js'
import type { Clock } from '../timing/clock.js'

/** Pauses a run between two batches. */
export interface Gate {
  /**
   * Closes the gate for sampling, and for updates too when `updates` is true. Returns a function that ends this hold; the
   * gate opens when all holds have ended.
   */
  readonly hold: (options?: { readonly updates: boolean }) => () => void
  /** Wraps a policy: `sample` waits while the gate is closed; calls that have started go on. */
  readonly gatePolicy: (policy: Policy) => Policy
  /** Wraps a learner: `update` waits while the gate is closed for updates, so the weights do not change. */
  readonly gateLearner: <State extends LearnerState>(learner: Learner<State>) => Learner<State>
  /** Clock that stands still while a policy or a learner waits at the gate. @units seconds */
  readonly clock: Clock
}

/**
 * Creates an open gate. `clock` is the clock that the gate's own clock is derived from.
 *
 *     sample      -a----b-----
 *     hold        ---h-----e--     h: hold, e: the hold ends
 *     sampling    -a-------b--
 *
 * @units clock in seconds
 * @example
 * const { hold, gatePolicy } = gate(() => performance.now() / 1000)
 * const policy = gatePolicy(model.policy)
 * const resume = hold()
 */
export const gate = (clock: Clock): Gate => {
  const samplingHolds$ = new BehaviorSubject(0)
  const updateHolds$ = new BehaviorSubject(0)
  const { waiting, standing } = standingClock(clock)
  const whenOpen = <A>(holds$: BehaviorSubject<number>, call: () => ObservableInput<A>): Observable<A> =>
    defer(() => (holds$.value === 0 ? from(call()) : waiting(firstZero(holds$)).pipe(switchMap(call))))
  return {
    hold: ({ updates } = { updates: false }) => {
      const counters = updates ? [samplingHolds$, updateHolds$] : [samplingHolds$]
      for (const holds$ of counters) holds$.next(holds$.value + 1)
      let isHolding = true
      return () => {
        if (isHolding) for (const holds$ of counters) holds$.next(holds$.value - 1)
        isHolding = false
      }
    },
    gatePolicy: (policy) => mapPolicy(policy, { sample: (call) => whenOpen(samplingHolds$, call) }),
    gateLearner: (learner) =>
      mapLearner(learner, { update: (batch, how) => whenOpen(updateHolds$, () => learner.update(batch, how)) }),
    clock: standing,
  }
}

/** Emits once when no hold is left. */
const firstZero = (holds$: Observable<number>): Observable<number> =>
  holds$.pipe(
    filter((holds) => holds === 0),
    take(1),
  )

/** Clock that stands still while any stream that passes through `waiting` has neither emitted nor ended. */
const standingClock = (clock: Clock) => {
  let waits = 0
  let since = 0
  let stood = 0
  const waiting = <A>(source$: Observable<A>): Observable<A> =>
    defer(() => {
      let isWaiting = true
      const endWait = () => {
        if (isWaiting && --waits === 0) stood += clock() - since
        isWaiting = false
      }
      if (waits++ === 0) since = clock()
      return source$.pipe(tap(endWait), finalize(endWait))
    })
  return { waiting, standing: () => (waits > 0 ? since : clock()) - stood }
}
