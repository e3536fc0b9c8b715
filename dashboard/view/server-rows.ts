import { isOver, type RunServer, type RunState } from '../../lib/control/run-state.js'
import { aliveText, serversText } from '../../lib/report/servers-text.js'

/** Server of a run as the page shows it. A dash stands for a number that no longer holds, because the run is over. */
export interface ServerRow {
  readonly name: string
  readonly work: string
  readonly state: string
  readonly tone: 'good' | 'plain' | 'bad'
  readonly version: string
  readonly speed: string
  readonly waiting: string
}

/** Returns the servers of a run, in the order of its configuration; none for a run on one machine. */
export const serverRowsOf = (state: RunState): readonly ServerRow[] =>
  (state.servers ?? []).map((server) => ({
    name: server.name,
    work: server.work,
    ...stateOf(server),
    version: String(server.version),
    speed: isOver(state) ? '–' : String(Math.round(server.tokensPerSecond)),
    waiting: isOver(state) ? '–' : String(server.waiting),
  }))

const stateOf = ({ state, work }: RunServer): Pick<ServerRow, 'state' | 'tone'> => {
  if (state === 'ready') return { state: 'alive', tone: 'good' }
  if (state === 'joining') return { state: 'gets new weights', tone: 'plain' }
  // A server among several is taken out when it fails, and its prompts go to the others.
  return { state: work === 'samples' ? 'taken out' : 'does not answer', tone: 'bad' }
}

/** Returns the text about all servers of a run. */
export const serverNoteOf = (state: RunState): string =>
  isOver(state)
    ? `The run is over. In its last state, ${aliveText(state.servers ?? [])}.`
    : `${serversText(state.servers ?? [])}.`
