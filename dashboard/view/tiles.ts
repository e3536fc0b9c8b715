import { entropyErrorText } from '../../lib/report/entropy-error-text.js'
import { percent } from '../../lib/report/number-text.js'
import type { StepEvaluation } from '../../lib/run/step-evaluation.js'
import type { Logs } from '../feed.js'
import { lastItem, meanOfLast } from './growing-list.js'
import { formatFixed } from './number-format.js'
import type { RunView } from './view.js'

/** One of the most important numbers of a run. */
export interface Tile {
  readonly name: string
  readonly value: string
  readonly unit: string
  /** Numbers to compare the value with. */
  readonly beside: string
  readonly tone: 'plain' | 'good' | 'warn'
}

/** Returns the latest numbers of a run, in the order of the page. */
export const tilesOf = ({ logs: { metrics, timings, evaluations } }: RunView): readonly Tile[] => {
  const line = lastItem(metrics.lines)
  return [
    entropyTile(line),
    meanTile('Reward', formatFixed, metrics.lines, ({ reward }) => reward),
    meanTile('Correct', percent, metrics.lines, ({ correct }) => correct),
    heldOutTile(evaluations.lines.items[0], lastItem(evaluations.lines)),
    acceptedTile(line),
    timeTile(lastItem(timings.lines)),
  ]
}

type MetricsLine = Logs['metrics']
type MetricsLines = RunView['logs']['metrics']['lines']

/** Steps in the mean of a tile. */
const MEAN_OF = 9

const plainTile = (name: string, value: string, beside: string, unit = ''): Tile => ({
  name,
  value,
  unit,
  beside,
  tone: 'plain',
})

const entropyTile = (line: MetricsLine | undefined): Tile => {
  const beside =
    line === undefined ? '' : [entropyErrorText(line), bandText(line)].filter((text) => text !== '').join(', ')
  const tone = line === undefined ? 'plain' : line.drift === 0 ? 'good' : 'warn'
  return { ...plainTile('Entropy', formatFixed(line?.entropy), beside, 'nats'), tone }
}

const bandText = ({ drift, low, high }: MetricsLine): string =>
  `${sides[drift]} ${formatFixed(low)} to ${formatFixed(high)}`

const sides = { [-1]: 'below', 0: 'inside', 1: 'above' } as const

const meanTile = (
  name: string,
  format: (value: number | null | undefined) => string,
  lines: MetricsLines,
  value: (line: MetricsLine) => number | null,
): Tile => {
  const last = lastItem(lines)
  const lastValue = last === undefined ? undefined : value(last)
  return plainTile(
    name,
    format(meanOfLast(lines, MEAN_OF, value)),
    `mean of ${MEAN_OF} steps; last ${format(lastValue)}`,
  )
}

const heldOutTile = (first: StepEvaluation | undefined, last: StepEvaluation | undefined): Tile =>
  first === undefined || last === undefined
    ? plainTile('Held out', percent(undefined), '')
    : plainTile(
        `Held out, mean@${last.samples / last.prompts}`,
        percent(last.meanAtK.value),
        first === last ? `after ${last.step} steps` : `from ${percent(first.meanAtK.value)}, after ${last.step} steps`,
      )

const acceptedTile = (line: MetricsLine | undefined): Tile => {
  const accepted = line === undefined ? 0 : countResponses(line.accepted)
  const all = line === undefined ? 0 : accepted + countResponses(line.rejected)
  return all === 0
    ? plainTile('Accepted', '–', '')
    : plainTile('Accepted', percent(accepted / all), `${accepted} of ${all} responses`)
}

const countResponses = ({ positive, zero, negative }: MetricsLine['accepted']): number => positive + zero + negative

const timeTile = (seconds: Logs['timings'] | undefined): Tile => {
  const beside =
    seconds === undefined || seconds.total === 0 ? '' : `${percent(seconds.sample / seconds.total)} sampling`
  return plainTile('Step time', formatFixed(seconds?.total, 2), beside, 's')
}
