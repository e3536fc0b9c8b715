import { oneOf } from '../../option.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { TokenInputs } from './data.js'
import type { LossName } from './wire.js'

/**
 * Way in which a service combines the losses of the tokens that one optimiser step reads.
 *
 *     loss = C_data over sequences of ( C_tokens over tokens of ( w_t loss_t ) )
 *
 * - `tokens`: `sum`, or `weighted-mean`, the sum divided by the sum of the weights w
 * - `data`: `sum`, or `mean` over the sequences of the step
 */
export interface Averaging {
  readonly tokens: 'sum' | 'weighted-mean'
  readonly data: 'sum' | 'mean'
}

/** Rules of the fields of {@link Averaging}. */
export const averagingRules = { tokens: oneOf(['sum', 'weighted-mean']), data: oneOf(['sum', 'mean']) } as const

/** Loss by which a service computes a given gradient. */
export interface Carrier {
  readonly loss: LossName
  /** Inputs of the loss at the completion tokens of a response. */
  readonly inputsOf: (row: number) => TokenInputs
}

/**
 * Returns the loss whose gradient on the service is the gradient of ours.
 *
 *     wanted           dL/dw = sum_bt c_bt dlogprob_bt/dw                    c = dL/dlogprob
 *     cross_entropy    w = -c                                                loss_t = -w logprob
 *     importance_…     A = -c T_b, w = 1, old = logprob                      loss_t = -w A exp(logprob - old), ratio 1
 *
 * Both are multiplied by the number of sequences if the service takes a mean over them. `cross_entropy` cannot be used where the
 * service divides by the sum of the weights, because that sum may be 0 or negative.
 *
 * @shape gradient_BT, logprobs_BT [B, T] of the batch; `size` is the number of sequences of the optimiser step, padding included
 */
export const carrierOf = (
  { tokens, data }: Averaging,
  { responses, width }: FilteredBatch,
  size: number,
  gradient_BT: Float32Array,
  logprobs_BT: Float32Array,
): Carrier => {
  const factor = data === 'mean' ? -size : -1
  const ofRow = (row: number) => {
    const length = responses[row]!.completion.tokens.length
    return { length, place: row * width, end: row * width + length }
  }
  const scaled = (values: Float32Array, by: number) => Float64Array.from(values, (value) => value * by)
  return tokens === 'sum'
    ? {
        loss: 'cross_entropy',
        inputsOf: (row) => {
          const { place, end } = ofRow(row)
          return { weights: scaled(gradient_BT.subarray(place, end), factor) }
        },
      }
    : {
        loss: 'importance_sampling',
        inputsOf: (row) => {
          const { length, place, end } = ofRow(row)
          return {
            weights: new Uint8Array(length).fill(1),
            advantages: scaled(gradient_BT.subarray(place, end), factor * length),
            logprobs: logprobs_BT.subarray(place, end),
          }
        },
      }
}
