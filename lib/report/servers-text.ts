import { isOut, type RunServer } from '../control/run-state.js'
import { sum } from '../statistics.js'
import { counted } from './number-text.js'

/** Text of the servers of a run together: `3 of 4 alive, 812 tokens/s, 12 prompts waiting`. */
export const serversText = (servers: readonly RunServer[]): string => {
  const waiting = sum(servers.map((server) => server.waiting))
  return [
    aliveText(servers),
    `${Math.round(sum(servers.map(({ tokensPerSecond }) => tokensPerSecond)))} tokens/s`,
    `${counted(waiting, 'prompt')} waiting`,
  ].join(', ')
}

/** Text of the number of servers that answer: `3 of 4 alive`. */
export const aliveText = (servers: readonly RunServer[]): string =>
  `${servers.filter((server) => !isOut(server)).length} of ${servers.length} alive`
