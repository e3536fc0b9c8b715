import { type Measure, points, samples, smoothSamples } from '../curve.js'
import { dots, errorBand, hasNumbers, line, THICK, THIN } from './layers.js'
import type { Panel } from './panel.js'

const axis = { title: 'responses' }

const positive: Measure = ({ accepted }) => accepted?.positive
const negative: Measure = ({ accepted }) => accepted?.negative
/** How many train on a step that the filter acted on. */
const filtered: Measure = ({ rejected, effectiveBatch }) =>
  rejected === undefined || rejected.positive + rejected.zero + rejected.negative === 0 ? null : effectiveBatch

/** What the filter lets in, by the sign of the advantage, and the batch it leaves where it acts (Fig. 7). */
export const acceptedPanel: Panel = (curves) => {
  if (!hasNumbers(curves, positive)) return null
  const acted = hasNumbers(curves, filtered)
  return {
    title: 'Responses accepted',
    notes: ['thick: A > 0, thin: A < 0', ...(acted ? ['dots: batch where some were rejected'] : [])],
    layer: [
      ...(acted
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
