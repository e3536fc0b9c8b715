import { EMPTY, firstValueFrom, lastValueFrom, map, mergeMap, NEVER, type Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Band } from '#lib/rollout/band.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import { type EntropyControl, entropyControl, type MonitoredRun } from '#lib/control/entropy-control.js'
import type { BandInForce } from '#lib/control/steered-band.js'
import { anEntropyState, virtually } from '#testing.js'

const [a, b, h] = [
  { low: 0.6, high: 0.7 },
  { low: 0.4, high: 0.5 },
  { low: 0.1, high: 0.2 },
] as const
const falling = (step: number): Band => (step === 0 ? a : b)

/** Run that reads the band in force at each step. */
const inForceOf = (control: EntropyControl, steps$: Observable<number>): Observable<BandInForce> =>
  control.monitor(({ bandAt }) => steps$.pipe(mergeMap((step) => bandAt(step))))

const bandsOf = (control: EntropyControl, steps$: Observable<number>): Observable<Band> =>
  inForceOf(control, steps$).pipe(map(({ band }) => band))

/** Run that reads no band. */
const silentRun = (control: EntropyControl): Observable<never> => control.monitor(() => NEVER)

describe('entropyControl', () => {
  it('follows a schedule: each batch gets the band of its step', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      expectObservable(bandsOf(control, cold('-x-x-y|', { x: 0, y: 1 }))).toBe('-a-a-b|', { a, b })
      expectObservable(control.band$).toBe('-a---b', { a, b })
    })
  })

  it.each<[string, (control: EntropyControl) => void, Band, Band]>([
    ['of the schedule', () => undefined, a, b],
    [
      'of an override',
      (control) =>
        control.steer([
          { step: 0, band: b },
          { step: 1, band: a },
        ]),
      b,
      a,
    ],
    [
      'of an override that has ended',
      (control) => {
        control.steer(h)
        control.release()
      },
      a,
      b,
    ],
  ])('tells the next band %s', async (_, steer, band, nextBand) => {
    const control = entropyControl((step) => (step === 0 ? a : b))
    steer(control)
    expect(await firstValueFrom(inForceOf(control, of(0)))).toMatchObject({ band, nextBand })
  })

  it('tells the band in force as the next band of a stream', async () => {
    expect(await firstValueFrom(inForceOf(entropyControl(of(b, a)), of(0)))).toMatchObject({ band: a, nextBand: a })
  })

  it('follows a stream from the start of the run to its end', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const bands$ = cold('a---b-----', { a, b })
      const control = entropyControl(bands$)
      expectObservable(bandsOf(control, cold('-x----y|', { x: 0, y: 1 }))).toBe('-a----b|', { a, b })
      expectObservable(control.band$).toBe('a---b', { a, b })
      expectSubscriptions(bands$.subscriptions).toBe('^------!')
    })
  })

  it('waits for the first band of a stream', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(cold('---a', { a }))
      expectObservable(bandsOf(control, cold('-x', { x: 0 }))).toBe('---a', { a })
    })
  })

  it('holds the last band after the stream completes', () => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(bandsOf(entropyControl(of(b, a)), cold('-x--y|', { x: 0, y: 1 }))).toBe('-a--a|', { a })
    })
  })

  it('overrides the band from the next batch on, until release', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      cold('--s----r').subscribe((move) => (move === 's' ? control.steer(h) : control.release()))
      const batches$ = cold('-x-x-x---y', { x: 0, y: 1 })
      expectObservable(bandsOf(control, batches$)).toBe('-a-h-h---b', { a, b, h })
      expectObservable(control.band$).toBe('-ah----a-b', { a, b, h })
    })
  })

  it('keeps following the stream during an override', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(cold('a--b', { a, b }))
      cold('-s---r').subscribe((move) => (move === 's' ? control.steer(h) : control.release()))
      expectObservable(bandsOf(control, NEVER)).toBe('')
      expectObservable(control.band$).toBe('ah---b', { a, b, h })
    })
  })

  it('overrides the band by a piecewise linear band through waypoints', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      cold('--s').subscribe(() =>
        control.steer([
          { step: 1, band: a },
          { step: 3, band: h },
        ]),
      )
      const half = { low: 0.35, high: 0.45 }
      const near = ({ low, high }: Band) => ({ low: Math.round(low * 100) / 100, high: Math.round(high * 100) / 100 })
      const batches$ = cold('-w-xyz', { w: 0, x: 1, y: 2, z: 3 })
      expectObservable(bandsOf(control, batches$).pipe(map(near))).toBe('-a-apz', { a, p: half, z: h })
    })
  })

  it('reports each change of the override once, with the first batch that it affects', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      const points = [{ step: 5, band: h }]
      const moves = { s: () => control.steer(points), b: () => control.steer(h), r: () => control.release() }
      cold<keyof typeof moves>('-s-br--s-').subscribe((move) => moves[move]())
      cold('--------r').subscribe(() => control.release())
      const batches$ = cold('x-x--xx--x', { x: 0 })
      const steered$ = inForceOf(control, batches$).pipe(map(({ steered }) => steered))
      // Steered and released between two batches: no batch was affected.
      expectObservable(steered$).toBe('n-p--en--n', { n: null, p: points, e: [] })
    })
  })

  it('reports an override that was set before the run', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      control.steer(h)
      const steered$ = inForceOf(control, cold('xx|', { x: 3 })).pipe(map(({ steered }) => steered))
      expectObservable(steered$).toBe('hn|', { h: [{ step: 0, band: h }], n: null })
    })
  })

  it('refuses waypoints that form no band', () => {
    const { steer } = entropyControl(falling)
    expect(() => steer([])).toThrow(new RangeError('piecewise: found no points, expected at least one'))
    const twice = [
      { step: 3, band: a },
      { step: 3, band: b },
    ]
    expect(() => steer(twice)).toThrow('piecewise[1].step: found 3, expected a finite number > 3')
    expect(() => steer([{ step: 0, band: { low: 1, high: 0 } }])).toThrow('piecewise[0].band: found low 1 and high 0')
  })

  it('can be steered before the run', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      control.steer(h)
      expectObservable(control.band$).toBe('h', { h })
      expectObservable(bandsOf(control, cold('-x', { x: 0 }))).toBe('-h', { h })
    })
  })

  it('emits the current band on subscription', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      expectObservable(bandsOf(control, cold('xy-', { x: 0, y: 1 }))).toBe('ab', { a, b })
      expectObservable(control.band$, '----^--').toBe('----b', { b })
    })
  })

  it.each([
    [
      { low: 0.7, high: 0.6 },
      'entropy band: found low 0.7 and high 0.6, expected finite numbers with 0 <= low <= high',
    ],
    [
      { low: NaN, high: 0.6 },
      'entropy band: found low NaN and high 0.6, expected finite numbers with 0 <= low <= high',
    ],
    [
      { low: 0, high: Infinity },
      'entropy band: found low 0 and high Infinity, expected finite numbers with 0 <= low <= high',
    ],
  ])('refuses %o from an override, a stream and a schedule', async (notABand, message) => {
    const error = new RangeError(message)
    expect(() => entropyControl(falling).steer(notABand)).toThrow(error)
    await expect(lastValueFrom(bandsOf(entropyControl(of(notABand)), NEVER))).rejects.toThrow(error)
    await expect(
      lastValueFrom(
        bandsOf(
          entropyControl(() => notABand),
          of(0),
        ),
      ),
    ).rejects.toThrow(error)
  })

  it('a refused override changes nothing', () => {
    virtually(({ expectObservable }) => {
      const control = entropyControl(falling)
      control.steer(h)
      expect(() => control.steer({ low: 1, high: 0 })).toThrow(RangeError)
      expectObservable(control.band$).toBe('h', { h })
    })
  })

  it('an error of the stream ends the run at once', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const batches$ = cold('-x-----', { x: 0 })
      const broken = new Error('band file lost')
      expectObservable(bandsOf(entropyControl(cold('a---#', { a }, broken)), batches$)).toBe('-a--#', { a }, broken)
      expectSubscriptions(batches$.subscriptions).toBe('^---!')
    })
  })

  it('a stream that ends without a band ends the run', async () => {
    await expect(lastValueFrom(bandsOf(entropyControl(EMPTY), of(0)))).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: 'the stream of bands ended without a band',
    })
  })

  it('publishes states to subscribers, and completes them with the run', () => {
    const control = entropyControl(falling)
    const seen: (EntropyState | 'end')[] = []
    const watch = () =>
      control.state$.subscribe({ next: (state) => seen.push(state), complete: () => seen.push('end') })
    const start = () => {
      const runs: MonitoredRun[] = []
      const subscription = control.monitor((run) => (runs.push(run), NEVER)).subscribe()
      return { publish: runs[0]!.publish, subscription }
    }
    watch()
    const first = start()
    first.publish(anEntropyState(0))
    first.subscription.unsubscribe()
    expect(seen).toEqual([anEntropyState(0), 'end'])
    watch()
    start().publish(anEntropyState(1))
    expect(seen).toEqual([anEntropyState(0), 'end', anEntropyState(1)])
  })

  it('forgets the planned band when the run ends', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(cold('--a', { a }))
      expectObservable(bandsOf(control, cold('x--|', { x: 0 }))).toBe('--a|', { a })
      expectObservable(bandsOf(control, cold('x', { x: 0 })), '----^').toBe('------a', { a })
    })
  })

  it('serves one run at a time', async () => {
    const control = entropyControl(falling)
    silentRun(control).subscribe()
    await expect(lastValueFrom(silentRun(control))).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
  })
})
