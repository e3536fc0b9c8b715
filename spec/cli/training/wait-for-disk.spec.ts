import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { map, NEVER, type Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { waitForDisk } from '#cli/training/wait-for-disk.js'
import { FileError } from '#lib/file/file-error.js'
import { fakeTerminal } from '../fake-terminal.js'
import { virtually } from '#testing.js'

const diskError = (code: string, errno?: number) =>
  new FileError('runs/a/metrics.jsonl', 'no space on the device', 'a log that can be written', {
    cause: Object.assign(new Error(code), { code, errno }),
  })
const full = diskError('ENOSPC')

/** Run whose spare file has a size. */
const aRun = (spareBytes = 0, stop$: Observable<void> = NEVER, isRequested = false) => {
  let size = spareBytes
  return {
    terminal: fakeTerminal(),
    interruption: { stop$, isRequested: () => isRequested },
    spare: {
      giveUp: () => {
        const freed = size
        size = 0
        return freed
      },
    },
  }
}

describe('waiting for the disk', () => {
  it('waits twice as long after each attempt, at most a minute', () => {
    virtually(({ expectObservable }) => {
      const wait = waitForDisk(aRun())
      expectObservable(wait(full, 1)).toBe('1s (a|)', { a: 0 })
      expectObservable(wait(full, 3)).toBe('4s (a|)', { a: 0 })
      expectObservable(wait(full, 30)).toBe('60s (a|)', { a: 0 })
    })
  })

  it('gives up the spare file first, and tries again at once', () => {
    virtually(({ expectObservable, flush }) => {
      const wait = waitForDisk(aRun(8_300_000))
      expectObservable(wait(full, 1)).toBe('(a|)', { a: 1 })
      expectObservable(wait(full, 2)).toBe('2s (a|)', { a: 0 })
      flush()
    })
  })

  it.each(['ENOTCONN', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH'])(
    'waits for the server of a network file system: %s',
    (code) => {
      virtually(({ expectObservable }) => {
        expectObservable(waitForDisk(aRun())(diskError(code), 1)).toBe('1s (a|)', { a: 0 })
      })
    },
  )

  it.each(['EDQUOT', 'ESTALE'] as const)('waits for %s, which Node has no name for', (name) => {
    const errno = -constants.errno[name]
    const code = getSystemErrorName(errno)
    expect(code).toBe(`Unknown system error ${errno}`)
    virtually(({ expectObservable }) => {
      expectObservable(waitForDisk(aRun())(diskError(code, errno), 1)).toBe('1s (a|)', { a: 0 })
    })
  })

  it('fails at once for an error that cannot pass', () => {
    virtually(({ expectObservable }) => {
      const other = diskError('ENAMETOOLONG')
      expectObservable(waitForDisk(aRun(8_300_000))(other, 1)).toBe('#', {}, other)
    })
  })

  it('ends at a request to stop with one more attempt, whose error is final', () => {
    virtually(({ cold, expectObservable }) => {
      const stop$ = cold('--(s|)').pipe(map(() => undefined))
      expectObservable(waitForDisk(aRun(0, stop$))(full, 5)).toBe('--(s|)', { s: undefined })
      expectObservable(waitForDisk(aRun(0, NEVER, true))(full, 1)).toBe('#', {}, full)
    })
  })

  it('gives up the spare file also after a request to stop', () => {
    virtually(({ expectObservable, flush }) => {
      const wait = waitForDisk(aRun(8_300_000, NEVER, true))
      expectObservable(wait(full, 1)).toBe('(a|)', { a: 1 })
      expectObservable(wait(full, 2)).toBe('#', {}, full)
      flush()
    })
  })
})
