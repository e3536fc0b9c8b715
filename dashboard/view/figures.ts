import type { Logs } from '../feed.js'
import { type CurveKind, dashed, type Figure, type PlottedCurve } from './figure.js'
import { meanOfLast } from './growing-list.js'
import type { ColumnReader } from './table.js'

type Read<L extends keyof Logs> = Extract<ColumnReader, { readonly log: L }>['value']

const metric = (
  label: string,
  colour: string,
  value: Read<'metrics'>,
  more: Partial<Omit<PlottedCurve, 'log' | 'value'>> = {},
): PlottedCurve => ({ label, colour, kind: 'line', ...more, log: 'metrics', value })

/** Lines in the mean of a smoothed curve. */
const MEAN_OF = 9

/** Returns the mean of the last {@link MEAN_OF} lines that have a number. */
const smooth =
  (value: (line: Logs['metrics']) => number | null): Read<'metrics'> =>
  (_, items, at) =>
    meanOfLast({ items, length: at + 1 }, MEAN_OF, value)

type Part<L extends keyof Logs> = readonly [label: string, colour: string, value: (line: Logs[L]) => number]

/** Returns the sum of the parts up to one of them, as a stacked area needs it. */
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

const heldOut = (label: string, kind: CurveKind, value: Read<'evaluations'>): PlottedCurve => ({
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
    note: 'Thin: every step. Thick: mean of the last nine, or of more in a long run. Dots: held-out prompts, with 95% intervals.',
    curves: [
      metric('reward of each step', 'vermilion', ({ reward }) => reward, { kind: 'thin' }),
      metric('correct of each step', 'green', ({ correct }) => correct, { kind: 'thin' }),
      metric(
        'reward',
        'vermilion',
        smooth(({ reward }) => reward),
        { compared: true, meanOf: MEAN_OF },
      ),
      metric(
        'share correct',
        'green',
        smooth(({ correct }) => correct),
        { meanOf: MEAN_OF },
      ),
      heldOut('held-out mean@k', 'points', ({ meanAtK }) => meanAtK.value),
      heldOut('from', 'hidden', ({ meanAtK }) => meanAtK.low),
      heldOut('to', 'hidden', ({ meanAtK }) => meanAtK.high),
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
    unit: 'position of entropy relative to its band',
    curves: [
      metric('above', 'vermilion', ({ drift }) => (drift > 0 ? 1 : 0), { kind: 'steps' }),
      metric('below', 'blue', ({ drift }) => (drift < 0 ? -1 : 0), { kind: 'steps' }),
      metric('inside', 'green', ({ drift }) => (drift === 0 ? 0 : null), { keepsInView: true }),
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
        dash: dashed,
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
    title: 'Sampler and learner',
    unit: 'nats per token',
    note: 'Absolute difference of their log-probs. Effective sample size of the importance weights: on the right axis, as a share of the tokens.',
    curves: [
      metric('mean difference', 'blue', (line) => line.samplerDifferenceMean, { compared: true }),
      metric('largest difference', 'orange', (line) => line.samplerDifferenceMax, { dash: dashed }),
      metric('effective sample size', 'purple', (line) => line.effectiveSampleSize, { right: true }),
    ],
    include: [0],
  },
  {
    title: 'Age of completions',
    unit: 'updates',
    note: 'Updates between the weights that sampled and those that train. Groups that were dropped as too old: on the right axis.',
    curves: [
      metric('mean age', 'blue', ({ staleness }) => staleness, { compared: true }),
      metric('oldest', 'orange', ({ stalenessMax }) => stalenessMax, { dash: dashed }),
      metric('groups dropped', 'purple', ({ staleGroups }) => staleGroups, { right: true }),
    ],
    include: [0],
  },
  {
    title: 'Log-likelihood',
    unit: 'nats per token',
    curves: [
      metric('A > 0', 'blue', ({ logLikelihoodPositive }) => logLikelihoodPositive, { compared: true }),
      metric('A < 0', 'orange', ({ logLikelihoodNegative }) => logLikelihoodNegative),
      metric('log baseline', 'grey', ({ logBaseline }) => logBaseline, { dash: dashed }),
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
