import { isOut, isOver, type RunServer, type RunState } from '../../lib/control/run-state.js'
import { aliveText, serversText } from '../../lib/report/servers-text.js'

/** Server of a run as the page shows it. A dash stands for a number that it does not have: it only trains, or the run is over. */
export interface ServerRow {
  readonly name: string
  readonly work: string
  readonly state: string
  readonly tone: 'good' | 'plain' | 'bad'
  readonly version: string
  readonly speed: string
  readonly waiting: string
  /** Last error of a server that fails; empty for the others. */
  readonly fault: string
}

/**
 * Returns the servers of a run: first those that fail, because a long list shows its beginning only, then the others in the order of
 * the configuration. A run on one machine has none.
 */
export const serverRowsOf = (state: RunState): readonly ServerRow[] => {
  const servers = state.servers ?? []
  return [...servers.filter(isOut), ...servers.filter((server) => !isOut(server))].map((server) => {
    const isSampling = !isOver(state) && server.work !== 'trains'
    return {
      name: server.name,
      work: server.work,
      ...stateOf(server),
      version: String(server.version),
      speed: isSampling ? String(Math.round(server.tokensPerSecond)) : '–',
      waiting: isSampling ? String(server.waiting) : '–',
      fault: server.fault ?? '',
    }
  })
}

const stateOf = ({ state, work }: RunServer): Pick<ServerRow, 'state' | 'tone'> => {
  if (state === 'ready') return { state: 'alive', tone: 'good' }
  if (state === 'joining') return { state: 'gets new weights', tone: 'plain' }
  if (state === 'returning') return { state: 'tried again', tone: 'bad' }
  // A server among several is taken out when it fails, and its prompts go to the others.
  return { state: work === 'samples' ? 'taken out' : 'does not answer', tone: 'bad' }
}

/** Returns the text about all servers of a run. */
export const serverNoteOf = (state: RunState): string =>
  isOver(state)
    ? `The run is over. At its end: ${aliveText(state.servers ?? [])}.`
    : `${serversText(state.servers ?? [])}.`
