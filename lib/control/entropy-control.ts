import {
  defer,
  ignoreElements,
  NEVER,
  type Observable,
  type ObservedValueOf,
  Subject,
  takeUntil,
  tap,
  throwIfEmpty,
} from 'rxjs'
import type { Schedule } from '../entropy/band.js'
import { PipelineError } from '../pipeline-error.js'
import type { Band, Waypoint } from '../rollout/band.js'
import type { EntropyState } from '../rollout/entropy-state.js'
import { beforeEnd } from './before-end.js'
import { exclusive } from './exclusive.js'
import { type BandInForce, steeredBand } from './steered-band.js'

/** Publishes the entropy of one run at a time, and steers its band. */
export interface EntropyControl {
  /** Entropy state of every step; completes with the run. A subscription after that sees the states of the next run. */
  readonly state$: Observable<EntropyState>
  /** Band in force; emits the current band on subscription, then each change. */
  readonly band$: Observable<Band>
  /**
   * Overrides the planned band from the next batch on, until {@link EntropyControl.release}: with a constant band, or with
   * a piecewise linear band through waypoints.
   *
   * @errors RangeError when the numbers do not form a band, and for an empty list of waypoints
   */
  readonly steer: (override: Band | readonly Waypoint[]) => void
  /** Ends the override: the planned band is in force again. */
  readonly release: () => void
  /**
   * Runs the work of {@link monitorEntropy}, which reads the band and publishes the states of one run.
   *
   * @errors PipelineError AlreadyRunning while another run uses this control
   */
  readonly monitor: <A>(work: (run: MonitoredRun) => Observable<A>) => Observable<A>
}

/** Band and states of one run, as the entropy monitor uses them. */
export interface MonitoredRun {
  /** Emits the band in force at a step; waits for the first band when the bands are a stream. */
  readonly bandAt: (step: number) => Observable<BandInForce>
  /** Publishes the entropy state of a step to `state$`. */
  readonly publish: (state: EntropyState) => void
}

/**
 * Creates the entropy control of a run: its band is planned by a schedule or by a stream, and people may override it.
 *
 *     plan        a----b------c----     a schedule, read at each batch, or an Observable<Band>
 *     override    ---s-----r-------     s: steer, r: release
 *     band$       a--s-----b--c----
 *
 * A batch gets the band in force when its scores arrive. A band that changes while a batch is between monitor and sink
 * applies to the next batch, so with two batches in flight the change first affects the update after next.
 *
 * A resumed run passes the `override` that was in force. It is reported as `steered` only when it changes.
 *
 * A stream of bands is subscribed for the duration of the run. After it completes, its last band stays in force.
 *
 * @units nats per token
 * @errors PipelineError BrokenInvariant when a stream of bands completes without a value; RangeError when the numbers do
 *         not form a band; the error that the schedule throws or that the stream fails with. Each error ends the run.
 * @example
 * const control = entropyControl(constantBand({ low: 0.4, high: 0.6 }))
 * control.state$.subscribe(({ step, entropy }) => console.log(step, entropy))
 * control.steer({ low: 0.4, high: 0.5 })
 */
export const entropyControl = (
  source: Schedule | Observable<Band>,
  override: readonly Waypoint[] | null = null,
): EntropyControl => {
  const band = steeredBand(override)
  const lock = exclusive('this entropy control')
  let states$ = new Subject<EntropyState>()
  const bands$ = typeof source === 'function' ? NEVER : source.pipe(throwIfEmpty(noBand))
  const run: MonitoredRun = {
    bandAt: (step) => {
      if (typeof source === 'function') band.plan(source(step), source(step + 1))
      return band.at(step)
    },
    publish: (state) => states$.next(state),
  }
  const endRun = () => {
    const ended$ = states$
    states$ = new Subject()
    band.reset()
    ended$.complete()
  }
  return {
    state$: defer(() => states$),
    band$: band.band$,
    steer: band.override,
    release: () => band.override(null),
    monitor: (work) => {
      const monitored$ = defer(() => work(run)).pipe(
        // A notifier without values never ends the run, but its error does.
        takeUntil(
          bands$.pipe(
            tap((next) => band.plan(next)),
            ignoreElements(),
          ),
        ),
      )
      return lock(beforeEnd<ObservedValueOf<typeof monitored$>>(endRun)(monitored$))
    },
  }
}

const noBand = () => new PipelineError('BrokenInvariant', 'the stream of bands ended without a band')
