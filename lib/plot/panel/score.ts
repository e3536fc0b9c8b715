import type { StepEvaluation } from '../../run/step-evaluation.js'
import { type Curve, points } from '../curve.js'
import type { PlottedRun } from '../plotted-run.js'
import { hasNumbers, smoothedOverRaw, THIN, vertical } from './layers.js'
import type { Layer, Panel } from './panel.js'

const axis = { title: 'share correct' }

/** Panel of the share of correct responses, in training and on held-out prompts (Fig. 4a). */
export const scorePanel: Panel = (curves) => {
  const heldOut = heldOutLayers(curves)
  if (!hasNumbers(curves, ({ correct }) => correct) && heldOut.length === 0) return null
  return {
    title: 'Score',
    notes: [
      'thick: training, mean of 9 steps',
      ...(heldOut.length === 0 ? [] : [`circles: held-out ${metricName(curves)}`]),
    ],
    layer: [...smoothedOverRaw(curves, ({ correct }) => correct, axis), ...heldOut],
  }
}

/** Name of the held-out metric. An evaluation counts the samples of all its prompts. */
const metricName = (curves: readonly Curve[]): string => {
  const evaluations = curves.flatMap(({ runs }) => runs.flatMap(({ heldOut }) => heldOut))
  const ks = new Set(evaluations.map(({ samples, prompts }) => samples / prompts))
  const metric = `mean@${ks.size === 1 ? String([...ks][0]) : 'k'}`
  return curves.some(({ runs }) => runs.length > 1) ? metric : `${metric}, 95% interval`
}

/** Held-out scores: of one run with their interval over prompts, of several runs with the standard error over runs. */
const heldOutLayers = (curves: readonly Curve[]): readonly Layer[] => {
  const values = curves.flatMap((curve) =>
    curve.runs.length === 1
      ? curve.runs[0]!.heldOut.map(({ step, meanAtK }: StepEvaluation) => ({ curve: curve.name, step, ...meanAtK }))
      : points(curve, heldOutSamples),
  )
  if (values.length === 0) return []
  const data = { values }
  const encoding = { y: vertical('value', axis) }
  // Two evaluations are not joined, because a line would suggest how the score changed in between.
  const hasLine = curves.some(({ runs }) => runs.some(({ heldOut }) => heldOut.length > 2))
  return [
    ...(hasLine ? [{ data, mark: { type: 'line', strokeWidth: THIN, opacity: 0.7 }, encoding } as const] : []),
    {
      data: { values: values.filter(({ low }) => low !== null) },
      mark: { type: 'rule', strokeWidth: THIN },
      encoding: { y: vertical('low', axis), y2: { field: 'high' } },
    },
    {
      data,
      mark: { type: 'point', filled: true, size: 16, opacity: 1, stroke: 'white', strokeWidth: 0.5 },
      encoding,
    },
  ]
}

const heldOutSamples = ({ heldOut }: PlottedRun) => heldOut.map(({ step, meanAtK }) => ({ step, value: meanAtK.value }))
