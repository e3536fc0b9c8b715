import { counted } from '../report/number-text.js'
import { stepNumber } from '../report/step-number.js'
import type { LimitBreach } from './history.js'

/** Events of a run that its reader has to know. */
export interface RunEvents {
  /** Number of refused updates by reason. */
  readonly refused: Readonly<Record<string, number>> | null
  /** Steps whose entropy was outside its hard limit; null if there are none. */
  readonly limitBreach: LimitBreach | null
}

/** Text of the events of a run, one sentence each; empty for a run in order. */
export const warningsOf = ({ refused, limitBreach }: RunEvents): readonly string[] => [
  ...(limitBreach === null ? [] : [limitText(limitBreach)]),
  ...refusedText(Object.entries(refused ?? {})),
]

const limitText = ({ steps, step, entropy, side }: LimitBreach): string =>
  `entropy left its limit at step ${stepNumber(step)}: ${entropy.toPrecision(3)} nats per token, ${side} the limit; ${counted(steps, 'step')} outside`

const refusedText = (reasons: readonly (readonly [string, number])[]): readonly string[] => {
  const all = reasons.reduce((total, [, count]) => total + count, 0)
  const each = reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')
  return all === 0
    ? []
    : [`${counted(all, 'update')} refused: ${each}; entrain inspect FILE shows a batch of the folder quarantine`]
}
