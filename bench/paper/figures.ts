import type { TopLevelSpec } from 'vega-lite'
import { join } from 'node:path'
import { evaluationOf } from '../../lib/evaluation/evaluation.js'
import { orThrow } from '../../lib/or-throw.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import type { Curve } from '../../lib/plot/curve.js'
import { colours, dashes } from '../../lib/plot/legend.js'
import type { PanelName } from '../../lib/plot/panel/index.js'
import type { FigureStep, PlottedRun } from '../../lib/plot/plotted-run.js'
import { lineLegend, renderPlot } from '../../lib/plot/render-plot.js'
import { writeFigure } from '../../lib/plot/write-figure.js'
import { laws, methods, type MethodName, titleOfLaw } from './methods.js'
import { scoreOf } from './measures.js'
import { nameOfRun, scheduleOfRun } from './plan.js'
import { heldArm, predictedAlgorithms } from './predictions.js'
import { countsOf, type MonitorName, type RunRecord } from './record.js'
import { methodArms, sizeArms } from './report.js'
import { languageModelMethods, rates, scheduleBands, smallTasks } from './runs.js'
import type { PartName } from './scale.js'
import { measureTracking, passScore, select, type Study } from './study.js'

type Arms = readonly (readonly [arm: string, title: string])[]

const titled = (arms: readonly MethodName[]): Arms => arms.map((arm) => [arm, methods[arm].title])
const named = (arms: readonly string[]): Arms => arms.map((arm) => [arm, arm])

/** Figures of curves over the steps: file, part, arms and panels. */
const curveFigures: readonly (readonly [file: string, part: PartName, arms: Arms, panels: readonly PanelName[]])[] = [
  [
    'baselines.png',
    'methods',
    titled(['grpo', 'clip-higher', 'clip-cov', 'entropy-loss', 'w-reinforce', 'entropic', 'calibrated']),
    ['score', 'entropy', 'kl', 'accepted', 'likelihood'],
  ],
  [
    'laws-long.png',
    'methods',
    titled(['grpo', 'sign', 'swap', 'predicted', 'calibrated', 'calibrated-token']),
    ['score', 'entropy', 'kl', 'accepted', 'likelihood'],
  ],
  ['schedules.png', 'schedules', named(Object.keys(scheduleBands)), ['score', 'entropy']],
  ['too-high.png', 'too-high', named(['sign', 'calibrated']), ['score', 'entropy']],
  ['sizes.png', 'sizes', sizeArms.filter(([arm]) => !arm.startsWith('base')), ['score', 'entropy']],
  ['long.png', 'long', named(['grpo', 'calibrated']), ['score', 'entropy', 'kl']],
  ['language-model.png', 'language-model', named(languageModelMethods), ['score', 'entropy', 'kl']],
]

/** Draws the figures of a study into a folder, and returns their paths. Parts without records have none. @errors FileError */
export const writeFigures = async (study: Study, folder: string): Promise<readonly string[]> => {
  const written: string[] = []
  for (const [file, part, arms, panels] of curveFigures) {
    const curves = curvesOf(study, part, arms)
    if (curves.length === 0) continue
    const path = join(folder, file)
    await orThrow(writeFigure(path, curves, { panels, width: 'double' }))
    written.push(path)
  }
  for (const [file, plot] of [
    ['pass-at-k.png', passPlot(study)],
    ['laws.png', lawPlot(study)],
    ['algorithms.png', algorithmPlot(study)],
  ] as const) {
    if (plot === null) continue
    const path = join(folder, file)
    await orThrow(writeWhole(path, (await renderPlot(plot)).png))
    written.push(path)
  }
  return written
}

/** Curves of the arms that have records, one per arm over its seeds. The base model is the score at step 0. */
const curvesOf = (study: Study, part: PartName, arms: Arms): readonly Curve[] =>
  arms.flatMap(([arm, title]) => {
    const records = select(study, { part, arm })
    return records.length === 0 ? [] : [{ name: title, runs: records.map(plottedRun) }]
  })

/** Data of a record for a figure: every step has the value of its block. */
export const plottedRun = (record: RunRecord): PlottedRun => {
  const { plan, entropy, monitors, kl, evaluations } = record
  const bandAt = scheduleOfRun(plan)
  const at = (name: MonitorName, step: number) => monitors.values[name][Math.floor(step / monitors.every)] ?? null
  return {
    name: nameOfRun(plan),
    steps: entropy.map((value, step): FigureStep => {
      const band = bandAt(step)
      const [positive, negative] = [at('acceptedPositive', step), at('acceptedNegative', step)]
      return {
        step,
        entropy: value,
        low: band.low,
        high: band.high,
        correct: at('correct', step),
        ...(positive === null || negative === null ? {} : { accepted: { positive, negative, zero: 0 } }),
        logLikelihoodPositive: at('logLikelihoodPositive', step),
        logLikelihoodNegative: at('logLikelihoodNegative', step),
        logBaseline: at('logBaseline', step),
        klToReference: plan.klEvery === 0 ? null : (kl[Math.floor(step / plan.klEvery)] ?? null),
      }
    }),
    heldOut: evaluations.map(({ step, right }) => ({
      step,
      ...evaluationOfCounts(right, plan.evaluation?.samples ?? 1),
    })),
  }
}

const evaluationOfCounts = (right: string, samples: number) =>
  evaluationOf(
    countsOf(right, samples).map((count) => ({ ...count, majority: null, tokens: 0 })),
    [],
    0,
  )

/** Curves of pass@k over k at the end of the long comparison. */
const passPlot = (study: Study): TopLevelSpec | null => {
  const arms = methodArms.filter(
    ([arm]) =>
      arm === 'base' ||
      ['grpo', 'clip-cov', 'sign', 'swap', 'predicted', 'calibrated', 'calibrated-token'].includes(arm),
  )
  const values = arms.flatMap(([arm, title]) =>
    select(study, { part: 'methods', arm }).length === 0
      ? []
      : [1, 2, 4, 8, 16].map((k) => ({ method: title, k, ...scoreOf(study, { part: 'methods', arm }, passScore(k)) })),
  )
  if (values.length === 0) return null
  const titles = arms.map(([, title]) => title)
  return {
    width: 440,
    height: 300,
    padding: 16,
    title: { text: 'pass@k at the end of the long comparison', subtitle: `test split, ${study.scale.label}` },
    data: { values },
    encoding: {
      x: {
        field: 'k',
        type: 'quantitative',
        title: 'k',
        scale: { type: 'log', base: 2 },
        axis: { values: [1, 2, 4, 8, 16] },
      },
      y: { field: 'value', type: 'quantitative', title: 'pass@k', scale: { zero: false } },
      color: {
        field: 'method',
        type: 'nominal',
        sort: titles,
        scale: { domain: titles, range: colours },
        legend: sideLegend,
      },
      strokeDash: {
        field: 'method',
        type: 'nominal',
        sort: titles,
        scale: { domain: titles, range: dashes },
        legend: sideLegend,
      },
    },
    mark: { type: 'line', strokeWidth: 2, point: true },
  }
}

const sideLegend = {
  orient: 'right',
  direction: 'vertical',
  symbolType: 'stroke',
  symbolStrokeWidth: 3,
  labelLimit: 240,
} as const

/** Share of steps inside the band of every run of part `laws`, by law, task and learning rate. */
const lawPlot = (study: Study): TopLevelSpec | null => {
  const values = smallTasks.flatMap(({ name }) =>
    rates.flatMap((rate) =>
      laws.flatMap((law) =>
        select(study, { part: 'laws', arm: law, task: name, rate }).map((record) => ({
          cell: `${name}, learning rate x${rate}`,
          law: titleOfLaw(law),
          inside: measureTracking(record).inside,
        })),
      ),
    ),
  )
  if (values.length === 0) return null
  return {
    padding: 16,
    title: { text: 'Share of the steps strictly inside the band', subtitle: 'GRPO with each law, one dot per seed' },
    data: { values },
    facet: { field: 'cell', type: 'nominal', title: null },
    columns: 2,
    spec: {
      width: 260,
      height: 150,
      encoding: {
        x: { field: 'inside', type: 'quantitative', title: 'share inside', scale: { domain: [0, 1] } },
        y: { field: 'law', type: 'nominal', title: null, sort: laws.map(titleOfLaw) },
      },
      layer: [
        {
          mark: { type: 'rule', strokeDash: [4, 3], color: '#888' },
          encoding: { x: { datum: 0.95 }, y: { value: 0 }, y2: { value: 150 } },
        },
        { mark: { type: 'point', filled: true, size: 60, opacity: 0.7, color: '#1255d0' } },
      ],
    },
  }
}

/** Entropy of every run of part `algorithms`, with a panel for each algorithm. */
const algorithmPlot = (study: Study): TopLevelSpec | null => {
  const arms = predictedAlgorithms.flatMap(({ name }) => [
    { name, arm: name, how: 'alone' },
    { name, arm: heldArm(name), how: 'calibrated' },
  ])
  const values = arms.flatMap(({ name, arm, how }) =>
    select(study, { part: 'algorithms', arm }).flatMap(({ plan, entropy }) =>
      entropy.map((value, step) => ({
        algorithm: name,
        run: `${arm} ${plan.seed}`,
        how,
        step,
        entropy: value,
        ...scheduleOfRun(plan)(step),
      })),
    ),
  )
  if (values.length === 0) return null
  return {
    padding: 16,
    title: { text: 'Entropy of every algorithm, alone and with the calibrated law', subtitle: study.scale.label },
    data: { values },
    facet: { field: 'algorithm', type: 'nominal', title: null, sort: predictedAlgorithms.map(({ name }) => name) },
    columns: 5,
    spec: {
      width: 170,
      height: 120,
      encoding: { x: { field: 'step', type: 'quantitative', title: 'step', scale: { nice: false } } },
      layer: [
        {
          transform: [
            {
              aggregate: [
                { op: 'min', field: 'low', as: 'low' },
                { op: 'max', field: 'high', as: 'high' },
              ],
              groupby: ['step'],
            },
          ],
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
              sort: ['alone', 'calibrated'],
              scale: { domain: ['alone', 'calibrated'], range: ['#1f4e8c', '#b03a2e'] },
              legend: lineLegend,
            },
          },
        },
      ],
    },
  }
}
