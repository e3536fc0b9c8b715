import * as E from 'fp-ts/lib/Either.js'
import { BehaviorSubject, combineLatest, distinctUntilChanged, filter, map, type Observable, take } from 'rxjs'
import { band as bandOf, type Schedule } from '../entropy/band.js'
import { piecewiseBand } from '../entropy/schedule/piecewise.js'
import type { Band, Waypoint } from '../rollout/band.js'
import type { EntropyState } from '../rollout/entropy-state.js'

/** Band at one step and at the next, and the change of its override since the step before. */
export type BandInForce = Pick<EntropyState, 'band' | 'nextBand' | 'steered'>

/** Band of a run: the planned band, or the override while there is one. */
export interface SteeredBand {
  /** Band in force; emits the current band on subscription, then each change. */
  readonly band$: Observable<Band>
  /** Sets the planned band of a step and of the next. @errors RangeError when the numbers do not form a band */
  readonly plan: (band: Band, nextBand?: Band) => void
  /** Overrides the planned band; null ends the override. @errors RangeError for an invalid band or no waypoints */
  readonly override: (override: Band | readonly Waypoint[] | null) => void
  /** Moves to a step and emits its band once; waits until a band is planned. */
  readonly at: (step: number) => Observable<BandInForce>
  /** Removes the planned band after its run has ended; an override stays. */
  readonly reset: () => void
}

/** Creates a band without a plan. `resumed` is the override of the run that is resumed; it is in force and not reported again. */
export const steeredBand = (resumed: readonly Waypoint[] | null = null): SteeredBand => {
  const planned$ = new BehaviorSubject<PlannedBand | null>(null)
  const override$ = new BehaviorSubject(resumed === null ? null : overrideOf(resumed))
  const step$ = new BehaviorSubject(0)
  let reported = override$.value
  const bands$ = combineLatest([override$, planned$, step$]).pipe(
    map(([override, planned, step]) => (override === null ? planned : bandsOf(override.schedule, step))),
    filter((planned) => planned !== null),
  )
  const reportChange = (): EntropyState['steered'] => {
    const override = override$.value
    if (override === reported) return null
    reported = override
    return override?.points ?? []
  }
  return {
    band$: bands$.pipe(
      map(({ band }) => band),
      distinctUntilChanged((a, b) => a.low === b.low && a.high === b.high),
    ),
    plan: (band, nextBand = band) => planned$.next({ band: checkBand(band), nextBand: checkBand(nextBand) }),
    override: (override) => override$.next(override === null ? null : overrideOf(override)),
    at: (step) => {
      step$.next(step)
      return bands$.pipe(
        take(1),
        map((bands) => ({ ...bands, steered: reportChange() })),
      )
    },
    reset: () => {
      planned$.next(null)
      reported = null
    },
  }
}

type PlannedBand = Pick<EntropyState, 'band' | 'nextBand'>

const bandsOf = (schedule: Schedule, step: number): PlannedBand => ({
  band: schedule(step),
  nextBand: schedule(step + 1),
})

interface Override {
  readonly points: readonly Waypoint[]
  readonly schedule: Schedule
}

const overrideOf = (override: Band | readonly Waypoint[]): Override => {
  const points = 'low' in override ? [{ step: 0, band: checkBand(override) }] : override
  return { points, schedule: piecewiseBand(points) }
}

const checkBand = ({ low, high }: Band): Band => {
  const result = bandOf(low, high)
  if (E.isLeft(result)) throw new RangeError(`entropy band: ${result.left.message}`)
  return result.right
}
