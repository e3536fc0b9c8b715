import { Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createViewers, RELOAD_MS } from '#dashboard/server/viewers.js'

describe('the viewers of a dashboard', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('are none at first, and stay in the number while they reload', () => {
    const { count$, enter } = createViewers(new Subject())
    const counts: number[] = []
    count$.subscribe((count) => counts.push(count))
    const [leaveFirst, leaveSecond] = [enter(), enter()]
    leaveFirst()
    vi.advanceTimersByTime(RELOAD_MS - 1)
    const leaveReloaded = enter()
    vi.advanceTimersByTime(1)
    leaveSecond()
    leaveReloaded()
    vi.advanceTimersByTime(RELOAD_MS)
    expect(counts).toEqual([0, 1, 2, 3, 2, 1, 0])
  })

  it('keep no timer when the dashboard closes', () => {
    const closing$ = new Subject<void>()
    createViewers(closing$).enter()()
    expect(vi.getTimerCount()).toBe(1)
    closing$.next()
    expect(vi.getTimerCount()).toBe(0)
  })
})
