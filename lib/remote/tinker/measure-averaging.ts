import { firstValueFrom } from 'rxjs'
import { sum } from '../../statistics.js'
import { ServerError } from '../http/server-error.js'
import type { Averaging } from './averaging.js'
import { sequenceDatum } from './data.js'
import type { ServiceModel } from './model.js'
import type { Datum } from './wire.js'

/** Number of tokens of the sequence that is trained. A service that pads sequences pads it to the shortest length. */
const LENGTH = 17

/** Range of the change of the sequence's log-prob in which rounding is small, and the change is nearly linear. @units nats */
const CHANGE = { least: 0.1, wanted: 0.4, most: 1.2 } as const

/** Number of tries to find a step size with a change in the range. */
const TRIES = 12

/** A number with which AdamW makes a step that is proportional to the gradient, because it is far above every gradient. */
const EPSILON = 1e6

/** Token ids of the sequence that the measurement trains. @errors RangeError for a vocabulary of fewer than 2 tokens */
export const probeTokens = (vocabulary: number): readonly number[] =>
  Array.from({ length: LENGTH }, (_, i) => (7 * i + 1) % vocabulary)

/**
 * Measures how a service averages losses, on a model that is only for this purpose.
 *
 * An AdamW step without memory (beta1 = beta2 = 0) moves the weights by rate g / (|g| + epsilon). With an epsilon far above |g|
 * the step is proportional to the gradient g, and so is the change of the sequence's log-prob. Doubled weights double a sum and
 * leave a weighted mean; the same sequence twice doubles a sum and leaves a mean.
 *
 * @errors rejects with ServerError `unfit` if the changes fit neither
 */
export const measureAveraging = async (model: ServiceModel, vocabulary: number, name: string): Promise<Averaging> => {
  const tokens = probeTokens(vocabulary)
  const datum = (weight: number) => sequenceDatum(tokens, { weights: new Array<number>(LENGTH - 1).fill(weight) })
  const logprob = async () => sum([...(await firstValueFrom(model.forward([datum(1)])))[0]!])
  let before = await logprob()
  const changeBy = async (data: readonly Datum[], size: number): Promise<number> => {
    await firstValueFrom(model.forwardBackward(data, 'cross_entropy'))
    await firstValueFrom(
      model.optimStep({ learning_rate: size * EPSILON, beta1: 0, beta2: 0, eps: EPSILON, weight_decay: 0 }),
    )
    const after = await logprob()
    const change = after - before
    before = after
    return change
  }
  const size = await stepSize((candidate) => changeBy([datum(1)], candidate), name)
  // The change of one step depends a little on the steps before it, so it is measured before and after the others.
  const first = await changeBy([datum(1)], size)
  const doubled = await changeBy([datum(2)], size)
  const twice = await changeBy([datum(1), datum(1)], size)
  const one = (first + (await changeBy([datum(1)], size))) / 2
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

/** Finds the step size with a change in the range: the change of a small step is proportional to it. */
const stepSize = async (changeBy: (size: number) => Promise<number>, name: string): Promise<number> => {
  let size = 1e-6
  for (let i = 0; i < TRIES; i++) {
    const change = Math.abs(await changeBy(size))
    if (change >= CHANGE.least && change <= CHANGE.most) return size
    size *= Math.min(1e3, Math.max(1e-3, CHANGE.wanted / Math.max(change, 1e-9)))
  }
  throw new ServerError(
    'unfit',
    `${name}: averaging of losses`,
    'optimiser steps that do not change the log-probs',
    'a service that trains; give its averaging as an option',
  )
}
