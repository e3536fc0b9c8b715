import { concatMap, distinctUntilChanged, map, type Observable, scan, skip, type Subscription } from 'rxjs'
import { isOut } from '../../lib/control/run-state.js'
import type { PooledServer } from '../../lib/remote/pool/pooled.js'
import type { ServerProblem } from '../../lib/remote/http/server-error.js'
import type { ServerStatus } from '../../lib/remote/remote-policy.js'
import type { Terminal } from '../terminal.js'

/** Problems for which servers that are out were noted, by their names, and what has changed since the state before. */
interface Away {
  readonly noted: ReadonlyMap<string, readonly (ServerProblem | null)[]>
  readonly notes: readonly string[]
}

/**
 * Notes each server that is taken out, with its error, each that stays out for another problem, and each that is taken back.
 *
 *     servers$    (a b)---(a)---(a)---(a b)|      without b: it is away
 *     notes       --------b is taken out
 *                 --------------b stays out       for a problem that was not noted yet
 *                 --------------------b samples again
 */
export const noteServers = (
  servers$: Observable<readonly PooledServer[]>,
  { note }: Pick<Terminal, 'note'>,
): Subscription =>
  servers$
    .pipe(
      scan<readonly PooledServer[], Away>(awayAfter, { noted: new Map(), notes: [] }),
      concatMap(({ notes }) => notes),
    )
    .subscribe(note)

const awayAfter = (before: Away, servers: readonly PooledServer[]): Away => {
  const out = servers.filter(isOut)
  const isNoted = ({ name, fault }: PooledServer) => before.noted.get(name)?.includes(fault?.problem ?? null) ?? false
  // A dead server alternates between problems, such as no connection and a suspension, so each problem is noted once.
  const noted = new Map(
    out.map((server) => {
      const known = before.noted.get(server.name) ?? []
      return [server.name, isNoted(server) ? known : [...known, server.fault?.problem ?? null]]
    }),
  )
  const where = out.length < servers.length ? 'go to the other servers' : 'wait until a server answers'
  return {
    noted,
    notes: [
      ...out
        .filter((server) => !isNoted(server))
        .map(({ name, fault }) => {
          const change = before.noted.has(name) ? 'stays out' : `is taken out, and its prompts ${where}`
          return `${name} ${change}${fault === null ? '' : `: ${fault.message}`}`
        }),
      ...[...before.noted.keys()].filter((name) => !noted.has(name)).map((name) => `${name} samples again`),
    ],
  }
}

/** Notes when the service that trains does not answer, with its error, and when it answers again. */
export const noteService = (
  name: string,
  status$: Observable<Pick<ServerStatus, 'fault'>>,
  { note }: Pick<Terminal, 'note'>,
): Subscription =>
  status$
    .pipe(
      map(({ fault }) => fault),
      distinctUntilChanged((one, other) => (one === null) === (other === null)),
      // A service answers when it is opened.
      skip(1),
    )
    .subscribe((fault) => note(fault === null ? `${name} answers again` : `${name} does not answer: ${fault.message}`))
