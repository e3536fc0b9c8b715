import type { Logs } from '../feed.js'
import type { ColumnReader } from './table.js'

/** How a curve is drawn. The `area`s of a figure are stacked: the numbers of each are the sums up to it. */
export type CurveKind = 'line' | 'thin' | 'area' | 'steps' | 'points' | 'unseen'

/** How one curve looks, and what it is called. */
export interface Curve {
  readonly label: string
  /** A colour of the style sheet, without its dashes. */
  readonly colour: string
  readonly kind: CurveKind
  readonly dash?: boolean
  /** Lighter and striped: what did not count. */
  readonly striped?: boolean
  /** On an axis of its own, at the right. */
  readonly right?: boolean
}

/** A curve and where its numbers come from. */
export type PlottedCurve = Curve &
  ColumnReader & {
    /** Also drawn for the other runs in view. */
    readonly compared?: boolean
  }

/** One small chart. */
export interface Figure {
  readonly title: string
  readonly unit: string
  /** What one should know to read it. */
  readonly note?: string
  readonly curves: readonly PlottedCurve[]
  /** What the left axis always shows. */
  readonly include?: readonly number[]
  /** Words for the only marks of the left axis. */
  readonly ticks?: Readonly<Record<number, string>>
  /** Of the curves: a value, and the ends of its interval. */
  readonly interval?: readonly [value: number, low: number, high: number]
}

type Read<L extends keyof Logs> = Extract<ColumnReader, { readonly log: L }>['value']

const metric = (
  label: string,
  colour: string,
  value: Read<'metrics'>,
  more: Partial<Omit<PlottedCurve, 'log' | 'value'>> = {},
): PlottedCurve => ({ label, colour, kind: 'line', ...more, log: 'metrics', value })

/** Mean of the last nine lines, of those that have a number. */
const smooth =
  (value: (line: Logs['metrics']) => number | null): Read<'metrics'> =>
  (_, lines, at) => {
    const values = lines
      .slice(Math.max(0, at - 8), at + 1)
      .map(value)
      .filter((one) => one !== null)
    return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length
  }

type Part<L extends keyof Logs> = readonly [label: string, colour: string, value: (line: Logs[L]) => number]

/** The sum of the parts up to one of them. */
const upTo =
  <L extends keyof Logs>(parts: readonly Part<L>[], at: number) =>
  (line: Logs[L]): number =>
    parts.slice(0, at + 1).reduce((sum, [, , value]) => sum + value(line), 0)

const responses: readonly Part<'metrics'>[] = [
  ['accepted, A > 0', 'blue', ({ accepted }) => accepted.positive],
  ['accepted, A = 0', 'grey', ({ accepted }) => accepted.zero],
  ['accepted, A < 0', 'orange', ({ accepted }) => accepted.negative],
  ['rejected, A ≤ 0', 'orange', ({ rejected }) => rejected.negative + rejected.zero],
  ['rejected, A > 0', 'blue', ({ rejected }) => rejected.positive],
]

const stages: readonly Part<'timings'>[] = [
  ['sample', 'blue', ({ sample }) => sample],
  ['score', 'purple', ({ score }) => score],
  ['update', 'orange', ({ update }) => update],
  ['operators', 'grey', ({ operators }) => operators],
]

const held = (label: string, kind: CurveKind, value: Read<'evaluations'>): PlottedCurve => ({
  label,
  colour: 'ink',
  kind,
  log: 'evaluations',
  value,
})

/** The small charts, in the order of the page. */
export const figures: readonly Figure[] = [
  {
    title: 'Reward and score',
    unit: 'mean reward; shares',
    note: 'Thin: every step. Thick: mean of the last nine. Dots: held-out prompts, with 95% intervals.',
    curves: [
      metric('reward of each step', 'vermilion', ({ reward }) => reward, { kind: 'thin' }),
      metric('correct of each step', 'green', ({ correct }) => correct, { kind: 'thin' }),
      metric(
        'reward',
        'vermilion',
        smooth(({ reward }) => reward),
        { compared: true },
      ),
      metric(
        'share correct',
        'green',
        smooth(({ correct }) => correct),
      ),
      held('held-out mean@k', 'points', ({ meanAtK }) => meanAtK.value),
      held('from', 'unseen', ({ meanAtK }) => meanAtK.low),
      held('to', 'unseen', ({ meanAtK }) => meanAtK.high),
    ],
    interval: [4, 5, 6],
  },
  {
    title: 'Accepted and rejected',
    unit: 'responses, by the sign of their advantage A',
    note: 'Striped: rejected by the filter.',
    curves: responses.map(([label, colour], at) =>
      metric(label, colour, upTo(responses, at), { kind: 'area', striped: label.startsWith('rejected') }),
    ),
    include: [0],
  },
  {
    title: 'Drift',
    unit: 'side of the band that entropy is on',
    curves: [
      metric('above', 'vermilion', ({ drift }) => (drift > 0 ? 1 : 0), { kind: 'steps' }),
      metric('below', 'blue', ({ drift }) => (drift < 0 ? -1 : 0), { kind: 'steps' }),
      metric('inside', 'green', ({ drift }) => (drift === 0 ? 0 : null)),
    ],
    include: [-1, 1],
    ticks: { [-1]: 'below', 0: 'inside', 1: 'above' },
  },
  {
    title: 'Entropy change',
    unit: 'nats per token',
    note: 'Measured: from this step to the next. Predicted: by this step’s update, per unit learning rate, on the right axis.',
    curves: [
      metric('measured', 'ink', ({ measuredChange }) => measuredChange, { shift: -1 }),
      metric('predicted, accepted', 'vermilion', (line) => line.predictedChangeAccepted, { right: true }),
      metric('predicted, whole batch', 'purple', (line) => line.predictedChange, {
        right: true,
        dash: true,
      }),
    ],
    include: [0],
  },
  {
    title: 'KL divergence',
    unit: 'nats per token',
    curves: [
      metric('of the update', 'blue', ({ kl }) => kl, { compared: true }),
      metric('to the sampler', 'orange', ({ klToSampler }) => klToSampler),
      metric('to the reference', 'purple', ({ klToReference }) => klToReference),
    ],
  },
  {
    title: 'Log-likelihood',
    unit: 'nats per token',
    curves: [
      metric('A > 0', 'blue', ({ logLikelihoodPositive }) => logLikelihoodPositive, { compared: true }),
      metric('A < 0', 'orange', ({ logLikelihoodNegative }) => logLikelihoodNegative),
      metric('log baseline', 'grey', ({ logBaseline }) => logBaseline, { dash: true }),
    ],
  },
  {
    title: 'Time by stage',
    unit: 'seconds per step',
    curves: stages.map(([label, colour], at) => ({
      label,
      colour,
      kind: 'area',
      log: 'timings',
      value: upTo(stages, at),
    })),
    include: [0],
  },
  {
    title: 'Memory',
    unit: 'GB resident',
    curves: [
      {
        label: 'process',
        colour: 'purple',
        kind: 'line',
        log: 'timings',
        value: ({ residentBytes }) => (residentBytes === null ? null : residentBytes / 1e9),
        compared: true,
      },
    ],
    include: [0],
  },
]
