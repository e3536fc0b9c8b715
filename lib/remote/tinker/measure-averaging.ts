import { sum } from '../../statistics.js'
import { ServerError } from '../http/server-error.js'
import type { Averaging } from './averaging.js'
import { type ProbeModel, PROBED } from './probe-model.js'

/**
 * Measures how a service averages losses: doubled weights double a sum and leave a weighted mean; the same sequence twice doubles a
 * sum and leaves a mean.
 *
 * @errors rejects with ServerError `unfit` if the changes fit neither
 */
export const measureAveraging = async ({ datum, changesBy }: ProbeModel, name: string): Promise<Averaging> => {
  const changeBy = async (...weights: readonly number[]): Promise<number> =>
    sum(await changesBy(weights.map((weight) => datum({ weights: new Array<number>(PROBED).fill(weight) }))))
  // The change of one step depends a little on the steps before it, so it is measured before and after the others.
  const first = await changeBy(1)
  const doubled = await changeBy(2)
  const twice = await changeBy(1, 1)
  const one = (first + (await changeBy(1))) / 2
  const isDouble = (ratio: number, of: string): boolean => {
    if (ratio > 1.6 && ratio < 2.5) return true
    if (ratio > 0.75 && ratio < 1.3) return false
    throw new ServerError(
      'unfit',
      `${name}: averaging of losses`,
      `${ratio.toFixed(2)} times the change for ${of}`,
      '1 or 2 times; give the averaging of the service as an option',
    )
  }
  return {
    tokens: isDouble(doubled / one, 'doubled weights') ? 'sum' : 'weighted-mean',
    data: isDouble(twice / one, 'a sequence that is sent twice') ? 'sum' : 'mean',
  }
}
