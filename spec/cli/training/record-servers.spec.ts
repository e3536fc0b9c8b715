import { readdir } from 'node:fs/promises'
import { asyncScheduler, concat, EMPTY, finalize, Subject, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { recordServers, recordStates } from '#cli/training/record-servers.js'
import type { RunServer } from '#lib/control/run-state.js'
import { orThrow } from '#lib/or-throw.js'
import { readRunServers } from '#lib/run/run-servers.js'
import { virtually } from '#testing.js'
import { temporaryFolder } from '../../lib/run/temporary.js'

const server = (name: string, more: Partial<RunServer> = {}): RunServer => ({
  ...{ name, work: 'samples', state: 'ready', version: 3, tokensPerSecond: 120.5, waiting: 2 },
  ...more,
})

describe('recordStates', () => {
  it('writes the latest state once a second, and the last one at the end', () => {
    const writes: (readonly [state: string, at: number])[] = []
    virtually(({ cold, expectObservable }) => {
      const states$ = cold('a 99ms b 99ms c 2s d 499ms e|')
      const written$ = states$.pipe(
        recordStates((state) => {
          writes.push([state, asyncScheduler.now()])
          return EMPTY
        }),
      )
      expectObservable(written$).toBe('2702ms |')
    })
    expect(writes).toEqual([
      ['a', 0],
      ['c', 1000],
      ['d', 2201],
      ['e', 2702],
    ])
  })

  it('makes one write after the other, and ends after the last', () => {
    const writes: string[] = []
    virtually(({ cold, expectObservable }) => {
      const written$ = cold('a 999ms b|').pipe(
        recordStates((state) => {
          writes.push(`${state} from ${asyncScheduler.now()}`)
          return concat(timer(1500), EMPTY).pipe(finalize(() => writes.push(`${state} to ${asyncScheduler.now()}`)))
        }),
      )
      expectObservable(written$).toBe('3s |')
    })
    expect(writes).toEqual(['a from 0', 'a to 1500', 'b from 1500', 'b to 3000'])
  })

  it('fails as a write fails', () => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('a-b').pipe(recordStates(() => cold('--#')))).toBe('--#')
    })
  })

  it('writes nothing of a run without servers', () => {
    virtually(({ expectObservable }) => {
      expectObservable(EMPTY.pipe(recordStates(() => timer(1)))).toBe('|')
    })
  })
})

describe('the record of the servers of a run', () => {
  it('has the latest state, and leaves the last one in the folder', async () => {
    const folder = await temporaryFolder()
    const servers$ = new Subject<readonly RunServer[]>()
    const record = recordServers(servers$, folder)
    expect(record.latest()).toBeUndefined()
    servers$.next([server('http://a'), server('http://b')])
    const last = [server('http://a', { version: 4 }), server('http://b', { state: 'away', tokensPerSecond: 0 })]
    servers$.next(last)
    expect(record.latest()).toEqual(last)
    await record.end()
    expect(servers$.observed).toBe(false)
    expect(await orThrow(readRunServers(folder))).toEqual(last)
    expect(await readdir(folder)).toEqual(['servers.json'])
  })

  it('is no file of a run on one machine', async () => {
    const folder = await temporaryFolder()
    await recordServers(undefined, folder).end()
    expect(await readdir(folder)).toEqual([])
    expect(await orThrow(readRunServers(folder))).toBeNull()
  })

  it('does not end a run whose folder cannot be written', async () => {
    const servers$ = new Subject<readonly RunServer[]>()
    const record = recordServers(servers$, '/nowhere/at/all')
    servers$.next([server('http://a')])
    await record.end()
    expect(record.latest()).toHaveLength(1)
  })
})
