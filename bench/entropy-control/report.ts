import type { TopLevelSpec } from 'vega-lite'
import type { FilterName } from '../../lib/entropy/filter/index.js'
import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import type { QuestionResult } from '../../lib/evaluation/evaluation.js'
import { lineLegend } from '../../lib/plot/render-plot.js'
import { formatMarkdown } from '../format-markdown.js'
import { formatSigned } from '../format-signed.js'
import { advantageOver, estimate, margin, type Run, scores, settling, measureTracking } from './figures.js'

/** Name of a filter in the tables. Training without a filter is GRPO. */
export const titleOf = (filter: FilterName): string => (filter === 'everything' ? 'grpo (no filter)' : filter)

/** Formats the tables of the study as Markdown. */
export const formatReport = (runs: readonly Run[], base: readonly QuestionResult[]): string =>
  [
    `Entropy against its band widened by ${margin} nats, after the first ${settling} steps:`,
    trackingTable(runs),
    `Held-out questions (95% intervals over ${base.length} questions, ${base[0]!.n} samples each):`,
    scoreTable(runs, base),
    'Against GRPO on the same questions, seeds averaged (95% interval of the difference):',
    differenceTable(runs),
  ].join('\n\n')

const trackingTable = (runs: readonly Run[]): string =>
  formatMarkdown([
    ['filter', 'seed', 'inside', 'below', 'above', 'entropy at the end', 'responses used a step', 'skipped steps'],
    ...runs.map(({ filter, seed, metrics }) => {
      const { inside, below, above, end, used, skipped } = measureTracking(metrics)
      const counts = [
        seed,
        inside.toFixed(2),
        below.toFixed(2),
        above.toFixed(2),
        end.toFixed(3),
        used.toFixed(0),
        skipped,
      ]
      return [titleOf(filter), ...counts.map(String)]
    }),
  ])

const scoreTable = (runs: readonly Run[], base: readonly QuestionResult[]): string => {
  const row = (name: string, seed: string, results: readonly QuestionResult[]) => [
    name,
    seed,
    ...Object.values(scores).map((score) => formatInterval(estimate(results, score))),
  ]
  return formatMarkdown([
    ['filter', 'seed', ...Object.keys(scores)],
    row('base checkpoint', '', base),
    ...runs.map(({ filter, seed, results }) => row(titleOf(filter), String(seed), results)),
  ])
}

const differenceTable = (runs: readonly Run[]): string => {
  const runsWith = (filter: FilterName) => runs.filter((run) => run.filter === filter)
  const filters = [...new Set(runs.map(({ filter }) => filter))].filter((filter) => filter !== 'everything')
  return formatMarkdown([
    ['filter', ...Object.keys(scores)],
    ...filters.map((filter) => [
      titleOf(filter),
      ...Object.values(scores).map((score) =>
        formatDifference(advantageOver(runsWith(filter), runsWith('everything'), score)),
      ),
    ]),
  ])
}

const formatInterval = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

const formatDifference = ({ value, low, high }: Estimate): string =>
  `${formatSigned(value, 3)} [${formatSigned(low, 3)}, ${formatSigned(high, 3)}]`

/** Plot with a panel for each filter: the entropy of each seed over the band. */
export const createTrackingPlot = (runs: readonly Run[], subtitle: string): TopLevelSpec => ({
  padding: 16,
  title: { text: 'Entropy against its band, by filter', subtitle },
  data: {
    values: runs.flatMap(({ filter, seed, metrics }) =>
      metrics.map(({ step, entropy, low, high }) => ({
        filter: titleOf(filter),
        seed: `seed ${seed}`,
        step,
        entropy,
        low,
        high,
      })),
    ),
  },
  facet: {
    field: 'filter',
    type: 'nominal',
    title: null,
    sort: [...new Set(runs.map(({ filter }) => titleOf(filter)))],
  },
  columns: 3,
  spec: {
    width: 240,
    height: 180,
    encoding: { x: { field: 'step', type: 'quantitative', title: 'step', scale: { nice: false } } },
    layer: [
      {
        transform: [{ filter: `datum.seed === 'seed ${runs[0]!.seed}'` }],
        mark: { type: 'area', opacity: 0.7, color: '#f8d9a8' },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: 'nats per token', scale: { zero: false } },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: {
          y: { field: 'entropy', type: 'quantitative' },
          color: {
            field: 'seed',
            type: 'nominal',
            scale: { range: ['#1f4e8c', '#4b9cd3', '#7a3e9d', '#2e8b57', '#b03a2e'] },
            legend: lineLegend,
          },
        },
      },
    ],
  },
})
