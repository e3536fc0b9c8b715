import { describe, expect, it } from 'vitest'
import { emptyPull, pullAfter, pullBlock, pullLine, type PullView } from '#cli/display/pull-view.js'
import { HubError } from '#lib/checkpoint/hub/hub-error.js'
import type { PullEvent } from '#node.js'

const file = (path: string, size: number) => ({ path, size, checksum: { of: 'bytes', hex: '' } }) as const
const found: PullEvent = {
  event: 'found',
  commit: 'c0ffee',
  files: [file('config.json', 500), file('model.safetensors', 99_500)],
}
const progress = (here: number, received: number, path = 'model.safetensors'): PullEvent => ({
  event: 'progress',
  path,
  here,
  received,
})
const whole = (path: string): PullEvent => ({ event: 'whole', path, kept: false })

/** The view after these events, one a second. */
const after = (...events: readonly PullEvent[]): PullView =>
  events.reduce((view, event, second) => pullAfter(view, event, second), emptyPull('org/name from a hub'))

describe('pullLine', () => {
  it('shows the downloaded bytes, the speed and the time left', () => {
    const view = after(found, progress(20_000, 20_000), progress(30_000, 10_000), progress(40_000, 10_000))
    // 40 kB since the first second; 60 kB are left.
    expect(pullLine(view, 5)).toBe('40.0 kB of 100.0 kB (40%), 10.0 kB/s, 6 s left')
  })

  it('leaves the bytes of an earlier download out of the speed', () => {
    expect(pullLine(after(found, progress(50_000, 0)), 3)).toBe('50.0 kB of 100.0 kB (50%)')
  })

  it('averages the speed over the last seconds', () => {
    const fast = Array.from({ length: 10 }, (_, i) => progress((i + 1) * 5000, 5000))
    const slow = Array.from({ length: 30 }, (_, i) => progress(50_000 + (i + 1) * 100, 100))
    expect(pullLine(after(found, ...fast, ...slow), 41)).toMatch(/, 1\d\d B\/s, /)
  })

  it('shows 100% for a model without bytes', () => {
    expect(pullLine(emptyPull(''), 0)).toBe('0 B of 0 B (100%)')
  })
})

describe('pullBlock', () => {
  it('shows the files that are being downloaded', () => {
    const view = after(found, progress(500, 500, 'config.json'), whole('config.json'), progress(19_500, 19_500))
    expect(pullBlock(view, 4, { columns: 80, rows: 24 })).toEqual([
      'org/name from a hub',
      `${'█'.repeat(6)}${'░'.repeat(24)} 20.0 kB of 100.0 kB (20%), 6.7 kB/s, 12 s left`,
      '1 of 2 files',
      '  model.safetensors  19.5 kB of 99.5 kB',
    ])
  })

  it('shows why the download waits until it continues', () => {
    const error = new HubError('busy', 'https://hub', 'too many requests (429)', 'one that has time')
    const waiting = after(found, { event: 'waiting', seconds: 55, error })
    expect(pullBlock(waiting, 2, { columns: 80, rows: 24 }).at(-1)).toBe(
      'https://hub: found too many requests (429), trying again in 55 s',
    )
    expect(pullBlock(pullAfter(waiting, progress(1, 1), 60), 60, { columns: 80, rows: 24 }).join()).not.toContain('429')
  })

  it('fits every window', () => {
    const error = new HubError('busy', 'https://hub', 'too many requests (429)', 'one that has time')
    const view = after(found, progress(1, 1), progress(1, 1, 'config.json'), { event: 'waiting', seconds: 55, error })
    for (const columns of [20, 79, 200])
      for (const rows of [2, 4, 5, 15, 50]) {
        const lines = pullBlock(view, 4, { columns, rows })
        expect(lines.length).toBeLessThan(rows)
        expect(lines[0]).toBe('org/name from a hub')
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
      }
  })
})
