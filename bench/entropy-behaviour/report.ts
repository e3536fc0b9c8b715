import type { TopLevelSpec } from 'vega-lite'
import { lineLegend } from '../../lib/plot/render-plot.js'
import { formatMarkdown } from '../format-markdown.js'
import { formatSigned } from '../format-signed.js'
import {
  finalCorrect,
  finalEntropy,
  finalSteps,
  isFulfilled,
  margin,
  type Run,
  settling,
  entropySlope,
  spread,
  tolerance,
  measureTracking,
} from './figures.js'
import type { Prediction, Row } from './rows.js'

/** Formats the tables of the study as Markdown. */
export const formatReport = (runs: readonly Run[]): string =>
  [
    `Entropy with each algorithm and its defaults (least-squares slope in nats per 100 steps, mean and range over seeds; a target counts as held within ${tolerance} nats over the last ${finalSteps} steps, a band where 85% of the steps are inside, widened by ${margin}):`,
    behaviourTable(runs),
    `Every algorithm with the band (share of the steps after the first ${settling} inside the band widened by ${margin} nats, root mean square distance to the band in nats, share of correct answers over the last ${finalSteps} steps; means over seeds):`,
    bandTable(runs),
  ].join('\n\n')

const rowsOf = (runs: readonly Run[]): readonly Row[] => [...new Set(runs.map(({ row }) => row))]

const runsOf = (runs: readonly Run[], row: Row | string, band: boolean): readonly Run[] =>
  runs.filter((run) => (run.row === row || run.row.name === row) && run.band === band)

const behaviourTable = (runs: readonly Run[]): string => {
  const slopeOf = (row: string) => spread(runsOf(runs, row, false), entropySlope).mean
  return formatMarkdown([
    ['algorithm', 'predicted', 'slope', 'entropy at the end', 'as predicted'],
    ...rowsOf(runs).map((row) => {
      const own = runsOf(runs, row, false)
      const { mean, min, max } = spread(own, entropySlope)
      return [
        row.name,
        row.prediction === null ? '' : describePrediction(row.prediction),
        `${formatSigned(mean, 2)} [${formatSigned(min, 2)}, ${formatSigned(max, 2)}]`,
        spread(own, finalEntropy).mean.toFixed(3),
        row.prediction === null ? '' : isFulfilled(row.prediction, own, slopeOf) ? 'yes' : 'no',
      ]
    }),
  ])
}

const describePrediction = (prediction: Prediction): string => {
  switch (prediction.entropy) {
    case 'falls more slowly':
      return `falls more slowly than ${prediction.than}`
    case 'holds':
      return `holds ${prediction.target}`
    default:
      return prediction.entropy
  }
}

const bandTable = (runs: readonly Run[]): string =>
  formatMarkdown([
    [
      'algorithm',
      'inside, alone',
      'inside, with band',
      'RMS, alone',
      'RMS, with band',
      'correct, alone',
      'correct, with band',
    ],
    ...rowsOf(runs).map((row) => {
      const [alone, banded] = [runsOf(runs, row, false), runsOf(runs, row, true)]
      const both = (figure: (run: Run) => number, digits: number) =>
        [alone, banded].map((own) => (own.length === 0 ? '' : spread(own, figure).mean.toFixed(digits)))
      return [
        row.name,
        ...both((run) => measureTracking(run).inside, 2),
        ...both((run) => measureTracking(run).rmse, 3),
        ...both(finalCorrect, 2),
      ]
    }),
  ])

/** Plot with a panel for each algorithm: the entropy of every run, alone and with the band. */
export const createBehaviourPlot = (runs: readonly Run[], subtitle: string): TopLevelSpec => ({
  padding: 16,
  title: { text: 'Entropy of every algorithm, alone and with the band', subtitle },
  data: {
    values: runs.flatMap(({ row, seed, band, metrics }) =>
      metrics.map(({ step, entropy, low, high }) => ({
        algorithm: row.name,
        run: `${seed} ${band}`,
        how: band ? 'with band' : 'alone',
        step,
        entropy,
        low,
        high,
      })),
    ),
  },
  facet: { field: 'algorithm', type: 'nominal', title: null, sort: rowsOf(runs).map(({ name }) => name) },
  columns: 5,
  spec: {
    width: 170,
    height: 120,
    encoding: { x: { field: 'step', type: 'quantitative', title: 'step', scale: { nice: false } } },
    layer: [
      {
        transform: [{ filter: `datum.run === '${runs[0]!.seed} false'` }],
        mark: { type: 'area', opacity: 0.7, color: '#f8d9a8' },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: 'nats per token', scale: { zero: false } },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 1.2 },
        encoding: {
          y: { field: 'entropy', type: 'quantitative' },
          detail: { field: 'run' },
          color: {
            field: 'how',
            type: 'nominal',
            sort: ['alone', 'with band'],
            scale: { domain: ['alone', 'with band'], range: ['#1f4e8c', '#b03a2e'] },
            legend: lineLegend,
          },
        },
      },
    ],
  },
})
