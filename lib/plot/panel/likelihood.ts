import { median } from '../../statistics.js'
import { type Curve, type Measure, points, smoothSamples } from '../curve.js'
import { isMeasured } from '../statistics.js'
import { errorBand, hasNumbers, line, THICK, THIN, type Vertical } from './layers.js'
import type { Panel } from './panel.js'

const positive: Measure = ({ logLikelihoodPositive }) => logLikelihoodPositive
const negative: Measure = ({ logLikelihoodNegative }) => logLikelihoodNegative
const baseline: Measure = ({ logBaseline }) => logBaseline
/** Smoothed by the median, because the baseline of a batch has outliers many times its size. */
const smoothBaseline = smoothSamples(baseline, median)

/** Panel of the log-likelihood of responses by the sign of their advantage, and the output-space baseline (Fig. 2). */
export const likelihoodPanel: Panel = (curves) => {
  if (![positive, negative].some((measure) => hasNumbers(curves, measure))) return null
  const axis = verticalOf(curves)
  const hasBaseline = hasNumbers(curves, baseline)
  return {
    title: 'Log-likelihood',
    notes: ['thick: A > 0, thin: A < 0', ...(hasBaseline ? ['pale: log baseline, median of 9 steps'] : [])],
    layer: [
      ...(hasBaseline ? [line(curves, smoothBaseline, axis, { strokeWidth: THIN, opacity: 0.45 })] : []),
      ...[positive, negative].flatMap((measure) => errorBand(curves, smoothSamples(measure), axis)),
      line(curves, smoothSamples(positive), axis, { strokeWidth: THICK }),
      line(curves, smoothSamples(negative), axis, { strokeWidth: THIN }),
    ],
  }
}

const LADDER = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
const TICKS = [...LADDER.map((tick) => -tick).toReversed(), 0, ...LADDER]

/** Vertical axis with a symlog scale, because the baseline is many times lower than the responses. */
const verticalOf = (curves: readonly Curve[]): Vertical => {
  const values = curves
    .flatMap((curve) => [
      ...[positive, negative].flatMap((measure) => points(curve, smoothSamples(measure))),
      ...points(curve, smoothBaseline),
    ])
    .map(({ value }) => value)
    .filter(isMeasured)
  const [lowest, highest] = [Math.min(...values), Math.max(...values)]
  return {
    title: 'log p (nats/token)',
    scale: { type: 'symlog', constant: 0.2 },
    ticks: TICKS.filter((tick) => lowest <= tick && tick <= highest),
  }
}
