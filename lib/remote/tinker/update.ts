import { firstValueFrom } from 'rxjs'
import { scoreTemperatureOf } from '../../batch/score-temperature.js'
import type { Objective } from '../../objective/objective.js'
import type { AdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import { PipelineError } from '../../pipeline-error.js'
import { drawOf, isWithoutAdvantage, minibatchesOf } from '../../policy/minibatches.js'
import { emptyTally, type Tally } from '../../policy/tally.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import { type Averaging, carrierOf } from './averaging.js'
import { dataOf, piecesOf } from './data.js'
import type { ServiceModel } from './model.js'
import type { ObjectiveGradients } from './objective-gradients.js'
import { logprobsOf, scoresOf } from './scored-rows.js'

/** AdamW settings that a service takes. It clips no gradients. */
export type ServiceAdamW = Omit<AdamWOptions, 'maxNorm'>

/** Settings of the updates on a service. */
export interface ServiceUpdateOptions {
  readonly adamw: ServiceAdamW
  readonly learningRate: LearningRate
  /** Random seed of the shuffle into minibatches and of objectives that draw. */
  readonly seed: number
  /** Maximum number of sequences in one request. */
  readonly sequences: number
  readonly averaging: Averaging
}

/** Model and local engine of the updates on a service. */
export interface ServiceTrainer {
  /** Address of the service, for messages. */
  readonly name: string
  readonly model: ServiceModel
  readonly gradients: ObjectiveGradients
  readonly options: ServiceUpdateOptions
  /** Called before the first request that changes the state of the service. */
  readonly onBegin: () => void
  /** Returns true if these log-probs are of the present weights. */
  readonly areCurrent: (logprobs_BT: Float32Array) => boolean
}

/** Result of an update on a service. Unless its status is `done`, the update has changed nothing. */
export type ServiceUpdateOutcome =
  | { readonly status: 'done'; readonly steps: number; readonly tally: Tally }
  | { readonly status: 'cancelled' | 'nothing-accepted' | 'zero-advantage' | 'non-finite-loss' }

/**
 * Makes one optimiser step per minibatch of accepted responses, on weights that are on a service.
 *
 *     forward             logprob_bt                                        the service, at the present weights
 *     differentiate       c_bt = dL/dlogprob_bt                             this machine
 *     forward_backward    dL/dw = sum_bt c_bt dlogprob_bt/dw                the service
 *     optim_step          w = AdamW(w, dL/dw)                               the service
 *
 * A step that was begun is made, also after an abort, because the service would add its gradient to that of the next step.
 *
 * @errors rejects with ServerError; with PipelineError Diverged for a loss that is not finite after a step of the same update,
 *         which the service cannot take back; with the errors of the engine
 */
export const updateOnService = async (
  { model, gradients, options, areCurrent, onBegin }: ServiceTrainer,
  steps: number,
  batch: FilteredBatch,
  objective: Objective,
  signal: AbortSignal,
): Promise<ServiceUpdateOutcome> => {
  checkTemperature(batch)
  const isAborted = () => signal.aborted
  if (!batch.accepted_B.includes(true)) return { status: 'nothing-accepted' }
  const hasNoAdvantage = isWithoutAdvantage(batch)
  const tally = emptyTally()
  const minibatches = minibatchesOf(batch, objective, options.seed)
  for (const [index, rows] of minibatches.entries()) {
    const logprobs_BT =
      tally.norms.length === 0 && areCurrent(batch.scores.logprobs_BT)
        ? batch.scores.logprobs_BT
        : await logprobsOf(model, batch, rows, options.sequences, signal)
    if (logprobs_BT === null || isAborted()) break
    const minibatch = {
      batch,
      rows,
      count: minibatches.length,
      scores: scoresOf(batch.scores.version, logprobs_BT),
      draw: drawOf(options.seed, batch.step, index),
    }
    const gradient_BT = await gradients.differentiate(objective, minibatch, logprobs_BT, tally)
    if (!Number.isFinite(tally.loss) || !gradient_BT.every(Number.isFinite)) {
      if (tally.norms.length > 0) throw notFinite(batch.step, index)
      return { status: 'non-finite-loss' }
    }
    if (hasNoAdvantage && gradient_BT.every((derivative) => derivative === 0)) continue
    const pieces = piecesOf(batch, rows, options.sequences)
    const size = pieces.reduce((sum, piece) => sum + piece.size, 0)
    const { loss, inputsOf } = carrierOf(options.averaging, batch, size, gradient_BT, logprobs_BT)
    onBegin()
    // One request after the other: a step after a request that failed would be made with a part of the gradient.
    for (const piece of pieces) await firstValueFrom(model.forwardBackward(dataOf(batch, piece, inputsOf), loss))
    const { adamw, learningRate } = options
    tally.norms.push(
      await firstValueFrom(
        model.optimStep({
          learning_rate: learningRate(steps + tally.norms.length),
          beta1: adamw.beta1,
          beta2: adamw.beta2,
          eps: adamw.epsilon,
          weight_decay: adamw.weightDecay,
        }),
      ),
    )
    if (isAborted()) break
  }
  if (tally.norms.length > 0) return { status: 'done', steps: steps + tally.norms.length, tally }
  return { status: isAborted() ? 'cancelled' : 'zero-advantage' }
}

const checkTemperature = ({ scores, step }: FilteredBatch): void => {
  const temperature = scoreTemperatureOf(scores)
  if (temperature !== 1)
    throw new PipelineError(
      'BadAlgorithm',
      `step ${step}: found a score temperature of ${temperature}, expected 1: the service trains on log-probs at temperature 1`,
    )
}

const notFinite = (step: number, minibatch: number): PipelineError =>
  new PipelineError(
    'Diverged',
    `step ${step}: found a loss or a derivative that is not finite in minibatch ${minibatch}, after the service made the optimiser steps of the minibatches before; go on from an earlier checkpoint, with a lower learning rate`,
  )
