import { concatMap, distinctUntilChanged, map, type Observable, scan, skip, type Subscription } from 'rxjs'
import { isOut } from '../../lib/control/run-state.js'
import type { PooledServer } from '../../lib/remote/pool/pooled.js'
import type { ServerStatus } from '../../lib/remote/remote-policy.js'
import type { Terminal } from '../terminal.js'

/** Names of the servers that are taken out, and what has changed since the state before. */
interface Away {
  readonly names: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Notes each server that is taken out, with its error, and each that is taken back.
 *
 *     servers$    (a b)---(a)---------(a b)|      without b: it is away
 *     notes       --------b is taken out
 *                 --------------------b samples again
 */
export const noteServers = (
  servers$: Observable<readonly PooledServer[]>,
  { note }: Pick<Terminal, 'note'>,
): Subscription =>
  servers$
    .pipe(
      scan<readonly PooledServer[], Away>(awayAfter, { names: [], notes: [] }),
      concatMap(({ notes }) => notes),
    )
    .subscribe(note)

const awayAfter = (before: Away, servers: readonly PooledServer[]): Away => {
  const out = servers.filter(isOut)
  const names = out.map(({ name }) => name)
  const where = out.length < servers.length ? 'go to the other servers' : 'wait until a server answers'
  return {
    names,
    notes: [
      ...out
        .filter(({ name }) => !before.names.includes(name))
        .map(
          ({ name, fault }) =>
            `${name} is taken out, and its prompts ${where}${fault === null ? '' : `: ${fault.message}`}`,
        ),
      ...before.names.filter((name) => !names.includes(name)).map((name) => `${name} samples again`),
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
