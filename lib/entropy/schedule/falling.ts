import { checkOption, positive } from '../../option.js'
import type { Schedule } from '../band.js'
import { linearBand } from './linear.js'
import type { Ramp } from './ramp.js'

/** Plan of {@link fallingBand}. */
export interface FallingPlan {
  /** Entropy of the model before training, as `measureEntropy` measures it. @units nats per token */
  readonly entropy: number
  /** Number of steps of the fall; the number of steps of the run makes the run end in the last band. @units training steps */
  readonly steps: number
}

/** Entropy of the model divided by half the width of its band: 0.55 nats give the band from 0.5 to 0.6. */
const HALF_WIDTHS = 11
/** Entropy of the model divided by the middle of the last band. */
const FALL = 3

/**
 * First and last band of a run that starts from a measured entropy H: around H, and around a third of it, equally wide.
 *
 *     from = [H - H/11, H + H/11]        to = [H/3 - H/11, H/3 + H/11]
 *
 * The lower bound of the last band is 0.24 H, so no bound is below 0. The width is relative to H, because models differ in
 * their entropy by a factor of ten, and with it in the spread of their batches.
 *
 * @units  nats per token
 * @errors RangeError if the entropy is not a finite number > 0: no band fits a model that is certain of every token
 * @example
 * cosineBand({ ...fallingBands(2.2), steps: 200 }) // from 2.0-2.4 to 0.53-0.93, fastest half way
 */
export const fallingBands = (entropy: number): Pick<Ramp, 'from' | 'to'> => {
  checkOption('fallingBands: entropy', entropy, positive)
  const around = (middle: number) => ({ low: middle - entropy / HALF_WIDTHS, high: middle + entropy / HALF_WIDTHS })
  return { from: around(entropy), to: around(entropy / FALL) }
}

/**
 * Schedule that fits a model: from a band around its measured entropy, along a line, to a band around a third of it.
 *
 *     band(s) = linear from {@link fallingBands}(H).from to {@link fallingBands}(H).to        H = 0.55: from [0.5, 0.6]   ‾‾\__
 *
 * Entrocraft plans each band by hand, from the entropy that a model begins with. Its linear schedules begin at 0.65 nats and
 * end at 0.15 in long runs, and at 0.25 or 0.45 in shorter ones. A third of 0.65 is 0.22.
 *
 * @units  nats per token; steps counted from 0
 * @errors RangeError if the entropy is not a finite number > 0, or if `steps` is not a finite number > 0
 * @source Entrocraft, arXiv:2604.26326, section 5.3: linear schedules
 * @example
 * measureEntropy({ policy, prompts }, { sampling }).subscribe((entropy) => {
 *   const control = entropyControl(fallingBand({ entropy, steps: 200 }))
 * })
 */
export const fallingBand = ({ entropy, steps }: FallingPlan): Schedule =>
  linearBand({ ...fallingBands(entropy), steps })
