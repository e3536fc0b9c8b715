import type { Curve } from '../curve.js'
import type { PlottedRun } from '../plotted-run.js'
import { leastSquares } from '../statistics.js'
import { horizontal, vertical } from './layers.js'
import type { Layer, Panel } from './panel.js'

const axis = { title: 'measured (nats/token)' }
const horizontalAxis = horizontal('predicted (nats/token)')

interface Change {
  readonly predicted: number
  readonly measured: number
}

/** Panel of measured against predicted changes of entropy, one dot per step. */
export const changePanel: Panel = (curves) => {
  const pairs = curves.map((curve) => ({ curve, changes: curve.runs.flatMap(changes) }))
  if (pairs.every((each) => each.changes.length === 0)) return null
  const values = pairs.flatMap((each) => each.changes.map((change) => ({ curve: each.curve.name, ...change })))
  const lines = pairs.flatMap((each) => fittedLine(each.curve, each.changes))
  const x = { field: 'predicted', ...horizontalAxis, scale: { zero: false } }
  return {
    title: 'Entropy change',
    notes: ['dots: steps, lines: least squares', 'predicted for a learning rate of 1'],
    across: horizontalAxis.title,
    layer: [
      zero('x'),
      zero('y'),
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 4, opacity: 0.5 },
        encoding: { x, y: vertical('measured', axis) },
      },
      {
        data: { values: lines },
        mark: { type: 'line', strokeWidth: 1 },
        encoding: { x, y: vertical('measured', axis) },
      },
    ],
  }
}

/** Pairs the prediction of a step with the change measured at the next step, which is the effect of its update. */
const changes = ({ steps }: PlottedRun): readonly Change[] =>
  steps.flatMap((step, i) => {
    const before = steps[i - 1]
    if (before?.step !== step.step - 1 || before.status !== 'updated') return []
    const [predicted = null, measured = null] = [before.predictedChangeAccepted, step.measuredChange]
    return predicted === null || measured === null ? [] : [{ predicted, measured }]
  })

const fittedLine = ({ name }: Curve, pairs: readonly Change[]) => {
  const fit = leastSquares(pairs.map(({ predicted, measured }) => ({ x: predicted, y: measured })))
  if (fit === null) return []
  const predictions = pairs.map(({ predicted }) => predicted)
  return [Math.min(...predictions), Math.max(...predictions)].map((predicted) => ({
    curve: name,
    predicted,
    measured: fit.intercept + fit.slope * predicted,
  }))
}

const zero = (channel: 'x' | 'y'): Layer => ({
  data: { values: [{}] },
  mark: { type: 'rule', strokeWidth: 0.5, color: '#bbb' },
  encoding: { [channel]: { datum: 0 }, color: { value: '#bbb' } },
})
