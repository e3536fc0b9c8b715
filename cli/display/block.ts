import { isOut } from '../../lib/control/run-state.js'
import { entropyErrorText } from '../../lib/report/entropy-error-text.js'
import { describeFailures } from '../../lib/report/failure-kinds.js'
import { serversText } from '../../lib/report/servers-text.js'
import { numbersOf } from '../../lib/run/column.js'
import { bandSteps, estimateSecondsLeft, medianStepSeconds } from '../../lib/run/history.js'
import type { StepMetrics } from '../../lib/run/step-metrics.js'
import { bandChart } from './band-chart.js'
import type { Example, RunView } from './view.js'
import { percent } from '../../lib/report/number-text.js'
import { bar, cut, fixed, timeLeft } from './words.js'

/** Number of latest steps whose median time is shown. */
const RECENT = 20

/** Size of the window that a block is drawn into. */
export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

/** Largest and smallest height of the chart. A window with fewer rows shows no chart. @units rows */
const CHART = { most: 10, least: 3 }

/**
 * Block of lines that shows a run in a terminal. No line is wider than the window. The block is lower than the window, because
 * the cursor stands below it: a higher block would scroll its first line away. In a low window the chart becomes lower and
 * disappears, and then the last lines do.
 */
export const block = (view: RunView, { columns, rows }: WindowSize): readonly string[] =>
  linesOf(view, { columns, rows: rows - 1 })
    .slice(0, Math.max(1, rows - 1))
    .map((line) => cut(line, columns))

const linesOf = (view: RunView, { columns, rows }: WindowSize): readonly string[] => {
  const { heading, planned, history, example } = view
  const { latest, steps: done } = history
  if (latest === null) return [heading, 'the first step is running', ...serverLines(view)]
  const pace = medianStepSeconds(history, RECENT) ?? 0
  const left = estimateSecondsLeft(numbersOf(history.stepSeconds), planned - done)
  const progress = `${bar(done / planned, Math.min(30, columns >> 1))} step ${done} of ${planned}`
  const head = [heading, [progress, `${pace.toFixed(2)} s per step`, ...timeLeft(left)].join(', ')]
  const numbers = [
    ...describeStep(latest.metrics),
    ...serverLines(view),
    ...(example === null ? [] : [`sample     ${sampleText(example)}`]),
  ]
  const height = Math.min(CHART.most, rows - head.length - numbers.length - 2)
  if (height < CHART.least) return [...head, ...numbers]
  const width = Math.max(10, Math.min(columns - 8, 90))
  return [...head, '', ...bandChart(bandSteps(history), { width, height, planned }), '', ...numbers]
}

const describeStep = (step: StepMetrics): readonly string[] => [
  `entropy    ${entropyText(step)} nats per token${step.outsideLimit === null ? '' : `, ${step.outsideLimit} its hard limit`}`,
  `reward     ${fixed(step.reward, 3)}, ${percent(step.correct)} correct, ${percent(step.truncated)} truncated`,
  `accepted   ${signs(step.accepted)}`,
  `rejected   ${signs(step.rejected)}`,
  step.status === 'updated'
    ? `update     loss ${fixed(step.loss, 4)}, gradient norm ${fixed(step.gradientNorm, 3)}, KL ${fixed(step.kl, 5)}, ${percent(step.clipFraction)} clipped`
    : `update     skipped: ${step.status}`,
  ...failureTexts(step).map((text) => `verifier   ${text}`),
]

/**
 * Servers of a run in one line, with the names of those that fail, and a line with the error of the first of these; no line for a
 * run on one machine.
 */
const serverLines = ({ servers = [] }: RunView): readonly string[] => {
  if (servers.length === 0) return []
  const out = servers.filter(isOut)
  const names = out.map(({ name, state }) => (state === 'returning' ? `${name} (tried again)` : name))
  const failing = out.length === 0 ? '' : `; no answer of ${names.join(', ')}`
  const faults = out.flatMap(({ fault }) => (fault === undefined ? [] : [oneLine(fault)]))
  return [`servers    ${serversText(servers)}${failing}`, ...faults.slice(0, 1).map((fault) => `           ${fault}`)]
}

/** Failures of the verifier in one line; no line for a step without failures. */
export const failureTexts = ({ failures, failureKinds }: StepMetrics): readonly string[] =>
  failures === 0 ? [] : [oneLine(`${failures} without a verdict: ${describeFailures(failureKinds ?? [])}`)]

const ways = {
  '1': { where: 'above', push: '↓' },
  '0': { where: 'inside', push: '·' },
  '-1': { where: 'below', push: '↑' },
} as const

/** Entropy, its error unless it is exact, and its band. The arrow is the direction in which the filter pushes entropy. */
export const entropyText = (step: StepMetrics): string => {
  const { entropy, low, high, drift } = step
  const { where, push } = ways[`${drift}`]
  const known = [fixed(entropy, 3), entropyErrorText(step)].filter((text) => text !== '').join(' ')
  return `${known} ${push} ${where} [${low.toFixed(3)}, ${high.toFixed(3)}]`
}

const signs = ({ positive, zero, negative }: StepMetrics['accepted']): string =>
  `${positive + zero + negative} (${positive} with advantage > 0, ${zero} with 0, ${negative} with < 0)`

/** Prompt, completion and reward in one line. */
export const sampleText = ({ prompt, completion, correct, reward }: Example): string =>
  `${oneLine(prompt)} → ${oneLine(completion)} (${correct ? 'correct' : 'wrong'}, reward ${reward})`

/** Removes control characters, because those of a completion must not reach the terminal. */
const oneLine = (text: string): string => text.replaceAll(/\p{C}/gu, ' ').trim()
