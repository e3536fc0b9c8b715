import { firstValueFrom } from 'rxjs'
import { sum } from '../../statistics.js'
import { ServerError } from '../http/server-error.js'
import { sequenceDatum, type TokenInputs } from './data.js'
import type { ServiceModel } from './model.js'
import type { Datum, LossName } from './wire.js'

/** Number of tokens of the sequence that is trained. A service that pads sequences pads it to the shortest length. */
const LENGTH = 17

/** Number of tokens of the sequence that have tokens before them. */
export const PROBED = LENGTH - 1

/** Range of the change of the sequence's log-prob in which rounding is small, and the change is nearly linear. @units nats */
const CHANGE = { least: 0.1, wanted: 0.4, most: 1.2 } as const

/** Number of tries to find a step size with a change in the range. */
const TRIES = 12

/** A number with which AdamW makes a step that is proportional to the gradient, because it is far above every gradient. */
const EPSILON = 1e6

/** Token ids of the sequence that is trained. @errors RangeError for a vocabulary of fewer than 2 tokens */
export const probeTokens = (vocabulary: number): readonly number[] =>
  Array.from({ length: LENGTH }, (_, i) => (7 * i + 1) % vocabulary)

/** Optimiser step of a {@link ProbeModel}. */
interface ProbeStep {
  readonly loss?: LossName
  /** Largest norm of the gradient; without it, the service gets none. */
  readonly clip?: number
}

/** Model that one sequence is trained on, to find out how a service computes losses and steps. */
export interface ProbeModel {
  /** Returns the sequence with inputs of a loss. @shape each input [{@link PROBED}] */
  readonly datum: (inputs: TokenInputs) => Datum
  /** Log-probs of the tokens under the present weights. @shape [{@link PROBED}] @units nats */
  readonly logprobs: () => ArrayLike<number>
  /**
   * Makes one step on data, and returns the changes of the log-probs, which are proportional to the gradient.
   *
   * @shape [{@link PROBED}]
   * @units nats
   */
  readonly changesBy: (data: readonly Datum[], step?: ProbeStep) => Promise<Float64Array>
}

/**
 * Prepares a model of a service for measurements, and trains it until the size of its steps is right.
 *
 * An AdamW step without memory (beta1 = beta2 = 0) moves the weights by rate g / (|g| + epsilon). With an epsilon far above |g|
 * the step is proportional to the gradient g, and so are the changes of the log-probs.
 *
 * @errors rejects with ServerError `unfit` for a service whose steps do not change the log-probs
 */
export const openProbe = async (model: ServiceModel, vocabulary: number, name: string): Promise<ProbeModel> => {
  const tokens = probeTokens(vocabulary)
  const datum = (inputs: TokenInputs) => sequenceDatum(tokens, inputs)
  const ones = datum({ weights: new Array<number>(PROBED).fill(1) })
  const score = async () => (await firstValueFrom(model.forward([ones])))[0]!
  let logprobs = await score()
  const changesOf = async (data: readonly Datum[], size: number, { loss = 'cross_entropy', clip }: ProbeStep = {}) => {
    await firstValueFrom(model.forwardBackward(data, loss))
    await firstValueFrom(
      model.optimStep({
        ...{ learning_rate: size * EPSILON, beta1: 0, beta2: 0, eps: EPSILON, weight_decay: 0 },
        ...(clip === undefined ? {} : { grad_clip_norm: clip }),
      }),
    )
    const before = logprobs
    logprobs = await score()
    return logprobs.map((logprob, t) => logprob - before[t]!)
  }
  const size = await stepSize(async (candidate) => sum(await changesOf([ones], candidate)), name)
  return { datum, logprobs: () => logprobs, changesBy: (data, step) => changesOf(data, size, step) }
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
    `${name}: optimiser steps`,
    'steps that do not change the log-probs',
    'a service that trains',
  )
}
