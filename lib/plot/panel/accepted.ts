import { type Measure, points, samples, smoothSamples } from '../curve.js'
import { dots, errorBand, hasNumbers, line, THICK, THIN } from './layers.js'
import type { Panel } from './panel.js'

const axis = { title: 'responses' }

const positive: Measure = ({ accepted }) => accepted?.positive
const negative: Measure = ({ accepted }) => accepted?.negative
/** Number of responses that train, at steps where the filter rejected some. */
const filtered: Measure = ({ rejected, effectiveBatch }) =>
  rejected === undefined || rejected.positive + rejected.zero + rejected.negative === 0 ? null : effectiveBatch

/** Panel of accepted responses by the sign of their advantage, and the effective batch at steps with rejections (Fig. 7). */
export const acceptedPanel: Panel = (curves) => {
  if (!hasNumbers(curves, positive)) return null
  const hasRejections = hasNumbers(curves, filtered)
  return {
    title: 'Responses accepted',
    notes: ['thick: A > 0, thin: A < 0', ...(hasRejections ? ['dots: batch where some were rejected'] : [])],
    layer: [
      ...(hasRejections
        ? [
            dots(
              curves.flatMap((curve) => points(curve, samples(filtered))),
              axis,
            ),
          ]
        : []),
      ...[positive, negative].flatMap((measure) => errorBand(curves, smoothSamples(measure), axis)),
      line(curves, smoothSamples(positive), axis, { strokeWidth: THICK }),
      line(curves, smoothSamples(negative), axis, { strokeWidth: THIN }),
    ],
  }
}
