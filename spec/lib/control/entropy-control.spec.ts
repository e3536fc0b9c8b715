import { EMPTY, ignoreElements, lastValueFrom, map, mergeMap, NEVER, type Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Band } from '#lib/rollout/band.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import { type EntropyControl, entropyControl } from '#lib/control/entropy-control.js'
import { anEntropyState, virtually } from '#testing.js'

const [a, b, h] = [
  { low: 0.6, high: 0.7 },
  { low: 0.4, high: 0.5 },
  { low: 0.1, high: 0.2 },
] as const
const falling = (step: number): Band => (step === 0 ? a : b)

/** A run that reads the band at each batch. */
const bandsOf = (control: EntropyControl, batches$: Observable<number>): Observable<Band> =>
  batches$.pipe(
    mergeMap(control.monitor.bandAt),
    map(({ band }) => band),
    control.monitor.run,
  )

describe('entropyControl', () => {
  it('follows a schedule: the band of each batch is that of its step', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      expectObservable(bandsOf(control, cold('-x-x-y|', { x: 0, y: 1 }))).toBe('-a-a-b|', { a, b })
      expectObservable(control.band$).toBe('-a---b', { a, b })
    })
  })

  it('follows a stream from the start of the run to its end, and not outside it', () => {
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

  it('lets a hand override from the next batch on, until it releases', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      cold('--s----r').subscribe((move) => (move === 's' ? control.steer(h) : control.release()))
      const batches$ = cold('-x-x-x---y', { x: 0, y: 1 })
      expectObservable(bandsOf(control, batches$)).toBe('-a-h-h---b', { a, b, h })
      expectObservable(control.band$).toBe('-ah----a-b', { a, b, h })
    })
  })

  it('keeps following the stream under the hand', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(cold('a--b', { a, b }))
      cold('-s---r').subscribe((move) => (move === 's' ? control.steer(h) : control.release()))
      expectObservable(bandsOf(control, NEVER)).toBe('')
      expectObservable(control.band$).toBe('ah---b', { a, b, h })
    })
  })

  it('lets a hand plan ahead, by points with a band through them', () => {
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

  it('says once of a hand what it did, with the first batch that feels it', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      const points = [{ step: 5, band: h }]
      const moves = { s: () => control.steer(points), b: () => control.steer(h), r: () => control.release() }
      cold<keyof typeof moves>('-s-br--s-').subscribe((move) => moves[move]())
      cold('--------r').subscribe(() => control.release())
      const batches$ = cold('x-x--xx--x', { x: 0 })
      const steered$ = batches$.pipe(
        mergeMap(control.monitor.bandAt),
        map(({ steered }) => steered),
        control.monitor.run,
      )
      // Steered and released between two batches: nothing that a batch felt.
      expectObservable(steered$).toBe('n-p--en--n', { n: null, p: points, e: [] })
    })
  })

  it('says of a hand that was there before the run', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      control.steer(h)
      const steered$ = cold('xx|', { x: 3 }).pipe(
        mergeMap(control.monitor.bandAt),
        map(({ steered }) => steered),
        control.monitor.run,
      )
      expectObservable(steered$).toBe('hn|', { h: [{ step: 0, band: h }], n: null })
    })
  })

  it('refuses points that are no plan', () => {
    const { steer } = entropyControl(falling)
    expect(() => steer([])).toThrow(new RangeError('piecewise: found no points, expected at least one'))
    const twice = [
      { step: 3, band: a },
      { step: 3, band: b },
    ]
    expect(() => steer(twice)).toThrow('piecewise[1].step: found 3, expected a finite number > 3')
    expect(() => steer([{ step: 0, band: { low: 1, high: 0 } }])).toThrow('piecewise[0].band: found low 1 and high 0')
  })

  it('may be steered before the run', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(falling)
      control.steer(h)
      expectObservable(control.band$).toBe('h', { h })
      expectObservable(bandsOf(control, cold('-x', { x: 0 }))).toBe('-h', { h })
    })
  })

  it('gives a late subscriber the present band', () => {
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
  ])('refuses %o from a hand, a stream and a schedule', async (none, message) => {
    const refused = new RangeError(message)
    expect(() => entropyControl(falling).steer(none)).toThrow(refused)
    await expect(lastValueFrom(bandsOf(entropyControl(of(none)), NEVER))).rejects.toThrow(refused)
    await expect(
      lastValueFrom(
        bandsOf(
          entropyControl(() => none),
          of(0),
        ),
      ),
    ).rejects.toThrow(refused)
  })

  it('a refused hand changes nothing', () => {
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

  it('publishes states to whoever watches, and completes them with the run', () => {
    const control = entropyControl(falling)
    const seen: (EntropyState | 'end')[] = []
    const watch = () =>
      control.state$.subscribe({ next: (state) => seen.push(state), complete: () => seen.push('end') })
    watch()
    const run = NEVER.pipe(ignoreElements(), control.monitor.run).subscribe()
    control.monitor.publish(anEntropyState(0))
    run.unsubscribe()
    expect(seen).toEqual([anEntropyState(0), 'end'])
    watch()
    NEVER.pipe(control.monitor.run).subscribe()
    control.monitor.publish(anEntropyState(1))
    expect(seen).toEqual([anEntropyState(0), 'end', anEntropyState(1)])
  })

  it('forgets the plan of a run that ended', () => {
    virtually(({ cold, expectObservable }) => {
      const control = entropyControl(cold('--a', { a }))
      expectObservable(bandsOf(control, cold('x--|', { x: 0 }))).toBe('--a|', { a })
      expectObservable(bandsOf(control, cold('x', { x: 0 })), '----^').toBe('------a', { a })
    })
  })

  it('serves one run at a time', async () => {
    const { monitor } = entropyControl(falling)
    NEVER.pipe(monitor.run).subscribe()
    await expect(lastValueFrom(of(1).pipe(monitor.run))).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
  })
})
