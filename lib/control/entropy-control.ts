import * as Either from 'fp-ts/lib/Either.js'
import {
  BehaviorSubject,
  combineLatest,
  defer,
  distinctUntilChanged,
  filter,
  finalize,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  Subject,
  take,
  takeUntil,
  tap,
  throwIfEmpty,
} from 'rxjs'
import { band as bandOf, type Schedule } from '../entropy/band.js'
import type { Band, Waypoint } from '../rollout/band.js'
import type { EntropyState } from '../rollout/entropy-state.js'
import { piecewiseBand } from '../entropy/schedule/piecewise.js'
import { PipelineError } from '../pipeline-error.js'
import { type Exclusive, exclusive } from './exclusive.js'

/** Watches and steers the entropy of one run at a time. */
export interface EntropyControl {
  /** What the monitor measured, one state per batch; completes with the run. A later subscription sees the next run. */
  readonly state$: Observable<EntropyState>
  /** The band in force, as it changes; a late subscriber gets the present one first. */
  readonly band$: Observable<Band>
  /**
   * A person's hand: overrides the plan from the next batch on, until released; a band, or points with a band through
   * them. @errors RangeError for what is no band, or for no points
   */
  readonly steer: (hand: Band | readonly Waypoint[]) => void
  /** Back to the plan. */
  readonly release: () => void
  /** What the monitor does with it. */
  readonly monitor: MonitorEnd
}

/** The band of a batch, and what a hand did since the batch before. */
export type BandInForce = Pick<EntropyState, 'band' | 'steered'>

export interface MonitorEnd {
  /** Holds the control, and follows its band, for as long as it is subscribed. @errors PipelineError AlreadyRunning */
  readonly run: Exclusive
  /** The band in force at a batch; waits for the first band of a stream. */
  readonly bandAt: (batch: number) => Observable<BandInForce>
  readonly publish: (state: EntropyState) => void
}

/**
 * The entropy band of a run: planned by a schedule or arriving as a stream, and overridden by hand.
 *
 *     plan     a----b------c----     a schedule read at each batch, or any Observable<Band>
 *     hand     ---h-----r-------     h: steer, r: release
 *     band$    a--h-----b--c----
 *
 * A batch gets the band in force when its scores arrive. A band that changes while a batch is between monitor and sink
 * applies to the next one, so with two batches in flight the update after next is the first to feel it.
 *
 * A stream of bands is subscribed with the run and unsubscribed with it. Its last band holds after it completes; its
 * error ends the run, and so do numbers that are no band (RangeError) and a stream without any (BrokenInvariant).
 */
export const entropyControl = (source: Schedule | Observable<Band>): EntropyControl => {
  const planned$ = new BehaviorSubject<Band | null>(null)
  const hand$ = new BehaviorSubject<Override | null>(null)
  const batch$ = new BehaviorSubject(0)
  const oneRun = exclusive('this entropy control')
  let states = new Subject<EntropyState>()
  let told: Override | null = null
  const band$ = combineLatest([hand$, planned$, batch$]).pipe(
    map(([hand, planned, batch]) => hand?.bandAt(batch) ?? planned),
    filter((band) => band !== null),
    distinctUntilChanged((a, b) => a.low === b.low && a.high === b.high),
  )
  const plan = (band: Band) => planned$.next(checked(band))
  const sinceTold = (): EntropyState['steered'] => {
    const hand = hand$.value
    if (hand === told) return null
    told = hand
    return hand?.points ?? []
  }
  const bands$ = typeof source === 'function' ? NEVER : source.pipe(throwIfEmpty(noBand))
  const endOfRun = () => {
    const ended = states
    states = new Subject()
    planned$.next(null)
    told = null
    ended.complete()
  }
  return {
    state$: defer(() => states),
    band$,
    steer: (hand) => hand$.next(overrideOf(hand)),
    release: () => hand$.next(null),
    monitor: {
      // The bands never end the work: as a notifier without values they are followed, and their error passes on.
      run: (work$) => oneRun(work$.pipe(takeUntil(bands$.pipe(tap(plan), ignoreElements())), finalize(endOfRun))),
      bandAt: (batch) => {
        batch$.next(batch)
        if (typeof source === 'function') plan(source(batch))
        return band$.pipe(
          take(1),
          map((band) => ({ band, steered: sinceTold() })),
        )
      },
      publish: (state) => states.next(state),
    },
  }
}

/** What a hand asks for. */
interface Override {
  readonly points: readonly Waypoint[]
  readonly bandAt: Schedule
}

const overrideOf = (hand: Band | readonly Waypoint[]): Override => {
  const points = 'low' in hand ? [{ step: 0, band: checked(hand) }] : hand
  return { points, bandAt: piecewiseBand(points) }
}

const checked = ({ low, high }: Band): Band => {
  const result = bandOf(low, high)
  if (Either.isLeft(result)) throw new RangeError(`entropy band: ${result.left.message}`)
  return result.right
}

const noBand = () => new PipelineError('BrokenInvariant', 'the stream of bands ended without a band')
