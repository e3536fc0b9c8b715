import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { noteServers, noteService } from '#cli/training/note-servers.js'
import { isOut } from '#lib/control/run-state.js'
import { ServerError, type ServerProblem } from '#lib/remote/http/server-error.js'
import type { PooledServer } from '#lib/remote/pool/pooled.js'

const server = (name: string, state: PooledServer['state']): PooledServer => ({
  ...{ name, state, isAlive: state !== 'away', version: 0, tokensPerSecond: 0, waiting: 0, promptsPerSecond: null },
  fault: isOut({ state }) ? new ServerError('timed-out', name, 'no answer within 10 s', 'an answer') : null,
})

it('servers are noted once when they are taken out, and when they sample again', () => {
  const servers$ = new Subject<readonly PooledServer[]>()
  const notes: string[] = []
  const noting = noteServers(servers$, { note: (text) => notes.push(text) })
  const states = [
    ['ready', 'ready'],
    ['joining', 'ready'],
    ['ready', 'away'],
    ['ready', 'away'],
    ['ready', 'returning'],
    ['ready', 'away'],
    ['ready', 'returning'],
    ['ready', 'ready'],
    ['away', 'ready'],
    ['away', 'away'],
  ] as const
  for (const [a, b] of states) servers$.next([server('http://a', a), server('http://b', b)])
  expect(notes).toEqual([
    'http://b is taken out, and its prompts go to the other servers: http://b: found no answer within 10 s, expected an answer',
    'http://b samples again',
    'http://a is taken out, and its prompts go to the other servers: http://a: found no answer within 10 s, expected an answer',
    'http://b is taken out, and its prompts wait until a server answers: http://b: found no answer within 10 s, expected an answer',
  ])
  noting.unsubscribe()
  expect(servers$.observed).toBe(false)
})

it('the reason is noted again when a server stays out for another one', () => {
  const servers$ = new Subject<readonly PooledServer[]>()
  const notes: string[] = []
  noteServers(servers$, { note: (text) => notes.push(text) })
  const out = (state: 'away' | 'returning', problem: ServerProblem, found: string): PooledServer => ({
    ...server('http://b', state),
    fault: new ServerError(problem, 'http://b', found, 'adapters'),
  })
  for (const b of [
    out('away', 'unreachable', '16 failures'),
    out('returning', 'unreachable', '16 failures'),
    out('away', 'unreachable', '17 failures'),
    out('away', 'unfit', 'no route'),
    out('returning', 'unfit', 'no route'),
    out('away', 'unreachable', '18 failures'),
    out('away', 'unfit', 'no route'),
  ])
    servers$.next([server('http://a', 'ready'), b])
  expect(notes).toEqual([
    'http://b is taken out, and its prompts go to the other servers: http://b: found 16 failures, expected adapters',
    'http://b stays out: http://b: found no route, expected adapters',
  ])
})

it('a service that trains is noted when it does not answer, and when it answers again', () => {
  const status$ = new Subject<Pick<PooledServer, 'fault'>>()
  const notes: string[] = []
  const noting = noteService('http://a', status$, { note: (text) => notes.push(text) })
  const fault = (found: string) => ({ fault: new ServerError('unreachable', 'POST http://a/x', found, 'an answer') })
  for (const status of [{ fault: null }, fault('no connection'), fault('nothing'), { fault: null }, { fault: null }])
    status$.next(status)
  expect(notes).toEqual([
    'http://a does not answer: POST http://a/x: found no connection, expected an answer',
    'http://a answers again',
  ])
  noting.unsubscribe()
  expect(status$.observed).toBe(false)
})
