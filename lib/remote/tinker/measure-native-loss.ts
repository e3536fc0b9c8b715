import type { Averaging } from './averaging.js'
import type { TokenInputs } from './data.js'
import { CLIP, type NativeLoss } from './native-loss.js'
import { type ProbeModel, PROBED } from './probe-model.js'

/** Largest relative distance of changes that are equal. A step changes a little what the next one does. */
const TOLERANCE = 0.4

/** Token of a measurement: its ratio, and the ratio that carries a gradient; 0 for a ratio that is clipped. */
type ProbedRatio = readonly [ratio: number, effective: number]

/** Ratios of tokens with an advantage of one sign, which the tokens of the sequence take in turn. */
interface Case {
  readonly advantage: 1 | -1
  readonly ratios: readonly ProbedRatio[]
}

/** Distance of a ratio from the bound that it is inside or outside of. */
const NEAR = 0.02

const inside = (ratio: number): ProbedRatio => [ratio, ratio]
const outside = (ratio: number): ProbedRatio => [ratio, 0]

const cases: Readonly<Record<NativeLoss, readonly Case[]>> = {
  ppo: [
    { advantage: 1, ratios: [inside(1 + CLIP - NEAR), outside(1 + CLIP + NEAR)] },
    { advantage: -1, ratios: [inside(1 - CLIP + NEAR), outside(1 - CLIP - NEAR)] },
  ],
  importance_sampling: [{ advantage: 1, ratios: [inside(0.5), inside(2)] }],
}

/**
 * Finds out whether a service has a loss, and whether it is the one that entrain means by that name: with ratios just inside and just
 * outside the bounds, a step has to change the sequence as one with the derivatives that the loss has to have.
 *
 * @errors rejects with ServerError, `refused` from a service that does not have the loss
 */
export const hasNativeLoss = async (probe: ProbeModel, loss: NativeLoss, averaging: Averaging): Promise<boolean> => {
  for (const each of cases[loss]) if (!(await isAsExpected(probe, loss, averaging, each))) return false
  return true
}

const isAsExpected = async (
  { datum, logprobs, changesBy }: ProbeModel,
  loss: NativeLoss,
  { tokens }: Averaging,
  { advantage, ratios }: Case,
): Promise<boolean> => {
  const ofToken = (value: (ratio: ProbedRatio, t: number) => number) =>
    Float64Array.from({ length: PROBED }, (_, t) => value(ratios[t % ratios.length]!, t))
  const ones: TokenInputs = tokens === 'sum' ? {} : { weights: ofToken(() => 1) }
  const native = await changesBy(
    [
      datum({
        ...ones,
        advantages: ofToken(() => advantage),
        logprobs: ofToken(([ratio], t) => logprobs()[t]! - Math.log(ratio)),
      }),
    ],
    { loss },
  )
  const gradient = ofToken(([, effective]) => advantage * effective)
  const expected =
    tokens === 'sum'
      ? await changesBy([datum({ weights: gradient })])
      : await changesBy([datum({ ...ones, advantages: gradient, logprobs: ofToken((_, t) => logprobs()[t]!) })], {
          loss: 'importance_sampling',
        })
  const distance = Math.hypot(...native.map((change, t) => change - expected[t]!))
  return distance <= TOLERANCE * Math.hypot(...expected)
}
