import type { StepEvaluation } from '../../lib/run/step-evaluation.js'
import { type GrowingList, lastItem } from './growing-list.js'
import type { RunView } from './view.js'
import { percent } from '../../lib/report/number-text.js'
import { formatFixed } from './number-format.js'

/** A number that people look at first. */
export interface Tile {
  readonly name: string
  readonly value: string
  readonly unit: string
  /** What to compare it with. */
  readonly beside: string
  readonly tone: 'plain' | 'good' | 'warn'
}

/** What a run comes to now. */
export const tilesOf = ({ logs: { metrics, timings, evaluations } }: RunView): readonly Tile[] => {
  const line = lastItem(metrics.lines)
  const seconds = lastItem(timings.lines)
  const held = lastItem(evaluations.lines)
  const accepted = line === undefined ? 0 : total(line.accepted)
  const judged = line === undefined ? 0 : accepted + total(line.rejected)
  return [
    {
      name: 'Entropy',
      value: formatFixed(line?.entropy),
      unit: 'nats',
      beside: line === undefined ? '' : `${sides[line.drift]} ${formatFixed(line.low)} to ${formatFixed(line.high)}`,
      tone: line === undefined ? 'plain' : line.drift === 0 ? 'good' : 'warn',
    },
    {
      name: 'Reward',
      value: formatFixed(mean(metrics.lines, ({ reward }) => reward)),
      unit: '',
      beside: `mean of nine; last ${formatFixed(line?.reward)}`,
      tone: 'plain',
    },
    {
      name: 'Correct',
      value: percent(mean(metrics.lines, ({ correct }) => correct)),
      unit: '',
      beside: `mean of nine; last ${percent(line?.correct)}`,
      tone: 'plain',
    },
    {
      name: held === undefined ? 'Held out' : `Held out, mean@${held.samples / held.prompts}`,
      value: percent(held?.meanAtK.value),
      unit: '',
      beside: held === undefined ? '' : heldOutWords(evaluations.lines.items[0]!, held),
      tone: 'plain',
    },
    {
      name: 'Accepted',
      value: judged === 0 ? '–' : percent(accepted / judged),
      unit: '',
      beside: judged === 0 ? '' : `${accepted} of ${judged} responses`,
      tone: 'plain',
    },
    {
      name: 'Step time',
      value: formatFixed(seconds?.total, 2),
      unit: 's',
      beside: seconds === undefined || seconds.total === 0 ? '' : `${percent(seconds.sample / seconds.total)} sampling`,
      tone: 'plain',
    },
  ]
}

const heldOutWords = (first: StepEvaluation, now: StepEvaluation): string =>
  first === now ? `after ${now.step} steps` : `from ${percent(first.meanAtK.value)}, after ${now.step} steps`

const sides = { [-1]: 'below', 0: 'inside', 1: 'above' } as const
const total = ({ positive, zero, negative }: { positive: number; zero: number; negative: number }) =>
  positive + zero + negative

/** Over the last nine lines, those with a number. */
const mean = <Line>({ items, length }: GrowingList<Line>, value: (line: Line) => number | null): number | null => {
  const values = items
    .slice(Math.max(0, length - 9), length)
    .map(value)
    .filter((one) => one !== null)
  return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length
}
