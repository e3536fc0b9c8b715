import { BehaviorSubject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { handleInterruption } from '#cli/interruption.js'
import { stayForPages } from '#cli/training/stay-for-pages.js'
import { fakeTerminal } from '../fake-terminal.js'

const begin = (pages: number, { linger = 60, hasDashboard = true, cutOff = 0 } = {}) => {
  const notes: string[] = []
  const terminal = fakeTerminal({ note: (text) => void notes.push(text) })
  const viewers$ = new BehaviorSubject(pages)
  const interruption = handleInterruption(terminal)
  const dashboard = { url: 'http://127.0.0.1:1/#token', viewers$, close: () => Promise.resolve(), cutOff: () => cutOff }
  const address = { host: '127.0.0.1', port: 0, token: 'a-token-of-one-test', linger }
  let isOver = false
  const stay = () => {
    const served = hasDashboard ? dashboard : null
    const staying = stayForPages({ served, dashboard: address, folder: 'runs/one', interruption, terminal })
    return staying.then(() => (isOver = true))
  }
  return { notes, viewers$, interruption, stay, isOver: () => isOver }
}

describe('stayForPages', () => {
  const before = process.listenerCount('SIGINT')
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    expect(process.listenerCount('SIGINT')).toBe(before)
  })

  it.each([
    ['without a page', 0, {}],
    ['without a dashboard', 0, { hasDashboard: false }],
    ['with --linger 0', 2, { linger: 0 }],
  ])('ends at once %s, without a word', async (_, pages, options) => {
    const { stay, notes, interruption } = begin(pages, options)
    await stay()
    expect(notes).toEqual([])
    interruption.close()
  })

  it('ends when the last page is closed, and says how to open the run again', async () => {
    const { stay, notes, viewers$, isOver } = begin(2)
    const staying = stay()
    await vi.advanceTimersByTimeAsync(10_000)
    viewers$.next(1)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(isOver()).toBe(false)
    viewers$.next(0)
    await staying
    expect(notes).toEqual([
      '2 pages of the dashboard open: it stays for at most 60 s, or until Ctrl-C; entrain watch runs/one opens it again',
    ])
  })

  it('ends after the limit, because a page may hang', async () => {
    const { stay, isOver } = begin(1, { linger: 5 })
    const staying = stay()
    await vi.advanceTimersByTimeAsync(4999)
    expect(isOver()).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await staying
  })

  it('notes the pages that did not take the last lines, also after a run that Ctrl-C has stopped', async () => {
    const { stay, notes, interruption } = begin(1, { cutOff: 1 })
    process.emit('SIGINT')
    await stay()
    interruption.close()
    expect(notes.at(-1)).toBe(
      '1 page of the dashboard did not take the last lines of the run: entrain watch runs/one shows them',
    )
  })

  it('ends at Ctrl-C', async () => {
    const { stay, notes } = begin(1)
    const staying = stay()
    await vi.advanceTimersByTimeAsync(10)
    process.emit('SIGINT')
    await staying
    expect(notes.at(-1)).toBe('closing the dashboard')
  })

  it('does not begin after a run that Ctrl-C has stopped, but after one that a page has stopped', async () => {
    const signalled = begin(1)
    process.emit('SIGINT')
    await signalled.stay()
    signalled.interruption.close()
    const stopped = begin(1, { linger: 5 })
    stopped.interruption.request()
    const staying = stopped.stay()
    await vi.advanceTimersByTimeAsync(4999)
    expect(stopped.isOver()).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await staying
  })
})
