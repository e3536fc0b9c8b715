import { medianStepSeconds } from '../../lib/run/history.js'
import { describeFailures } from '../../lib/report/failure-kinds.js'
import type { StepMetrics } from '../../lib/run/step-metrics.js'
import { bandChart } from './band-chart.js'
import type { Example, RunView } from './view.js'
import { duration, percent } from '../../lib/report/number-text.js'
import { bar, cut, fixed } from './words.js'

/** Number of latest steps whose median time estimates the remaining time. */
const RECENT = 20

/** Block of lines that shows a run in a terminal. No line is wider than the screen. */
export const block = ({ heading, planned, history, example }: RunView, columns: number): readonly string[] => {
  const latest = history.metrics.at(-1)
  if (latest === undefined) return [cut(heading, columns), 'the first step is running']
  const done = history.metrics.length
  const pace = medianStepSeconds(history, RECENT) ?? 0
  const lines = [
    heading,
    `${bar(done / planned, 30)} step ${done} of ${planned}, ${pace.toFixed(2)} s per step, ${duration(pace * (planned - done))} left`,
    '',
    ...bandChart(history.metrics, { width: Math.max(10, Math.min(columns - 8, 90)), height: 10, planned }),
    '',
    ...describeStep(latest),
    ...(example === null ? [] : [`sample     ${sampleText(example)}`]),
  ]
  return lines.map((line) => cut(line, columns))
}

const describeStep = (step: StepMetrics): readonly string[] => [
  `entropy    ${entropyText(step)} nats per token`,
  `reward     ${fixed(step.reward, 3)}, ${percent(step.correct)} correct`,
  `accepted   ${signs(step.accepted)}`,
  `rejected   ${signs(step.rejected)}`,
  step.status === 'updated'
    ? `update     loss ${fixed(step.loss, 4)}, gradient norm ${fixed(step.gradientNorm, 3)}, KL ${fixed(step.kl, 5)}, ${percent(step.clipFraction)} clipped`
    : `update     skipped: ${step.status}`,
  ...failureTexts(step).map((text) => `verifier   ${text}`),
]

/** Failures of the verifier in one line; no line for a step without failures. */
export const failureTexts = ({ failures, failureKinds }: StepMetrics): readonly string[] =>
  failures === 0 ? [] : [oneLine(`${failures} without a verdict: ${describeFailures(failureKinds ?? [])}`)]

const ways = {
  '1': { where: 'above', push: '↓' },
  '0': { where: 'inside', push: '·' },
  '-1': { where: 'below', push: '↑' },
} as const

/** Entropy and its band. The arrow is the direction in which the filter pushes entropy. */
export const entropyText = ({ entropy, low, high, drift }: StepMetrics): string => {
  const { where, push } = ways[`${drift}`]
  return `${fixed(entropy, 3)} ${push} ${where} [${low.toFixed(3)}, ${high.toFixed(3)}]`
}

const signs = ({ positive, zero, negative }: StepMetrics['accepted']): string =>
  `${positive + zero + negative} (${positive} with advantage > 0, ${zero} with 0, ${negative} with < 0)`

/** Prompt, completion and reward in one line. */
export const sampleText = ({ prompt, completion, correct, reward }: Example): string =>
  `${oneLine(prompt)} → ${oneLine(completion)} (${correct ? 'correct' : 'wrong'}, reward ${reward})`

/** Removes control characters, because those of a completion must not reach the terminal. */
const oneLine = (text: string): string => text.replaceAll(/\p{C}/gu, ' ').trim()
