import { firstValueFrom } from 'rxjs'
import { scoreTemperatureOf } from '../../batch/score-temperature.js'
import type { Minibatch } from '../../objective/minibatch.js'
import type { Objective } from '../../objective/objective.js'
import type { AdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import { PipelineError } from '../../pipeline-error.js'
import { drawOf, isWithoutAdvantage, minibatchesOf } from '../../policy/minibatches.js'
import { emptyTally, type Tally } from '../../policy/tally.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import { type Averaging, carrierOf } from './averaging.js'
import { dataOf, type Piece, piecesOf } from './data.js'
import type { ServiceModel } from './model.js'
import { nativeInputs, type NativeLoss, nativeLossOf } from './native-loss.js'
import type { ObjectiveGradients } from './objective-gradients.js'
import { logprobsOf, placeLogprobs, scoresOf } from './scored-rows.js'
import type { WireAdam } from './wire.js'

/** Settings of the updates on a service. */
export interface ServiceUpdateOptions {
  readonly adamw: AdamWOptions
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
  /** Finds out whether the service has a loss, and computes it as the objective does. @errors rejects with ServerError */
  readonly hasLoss: (loss: NativeLoss) => Promise<boolean>
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
 * Where the service has the loss of the objective, the minibatches after the first need one pass instead of the first three lines. The
 * first one needs no `forward` either, because its log-probs are those of the scoring pass.
 *
 * A step that was begun is made, also after an abort, because the service would add its gradient to that of the next step.
 *
 * @errors rejects with ServerError; with PipelineError Diverged for a loss that is not finite after a step of the same update,
 *         which the service cannot take back; with the errors of the engine
 */
export const updateOnService = async (
  trainer: ServiceTrainer,
  steps: number,
  batch: FilteredBatch,
  objective: Objective,
  signal: AbortSignal,
): Promise<ServiceUpdateOutcome> => {
  checkTemperature(batch)
  const isAborted = () => signal.aborted
  if (!batch.accepted_B.includes(true)) return { status: 'nothing-accepted' }
  const { model, options } = trainer
  const tally = emptyTally()
  const minibatches = minibatchesOf(batch, objective, options.seed)
  const native = minibatches.length === 1 ? null : await nativeLossOn(trainer, objective, batch)
  for (const [index, rows] of minibatches.entries()) {
    const minibatch = { batch, rows, count: minibatches.length, draw: drawOf(options.seed, batch.step, index) }
    const pass = { trainer, objective, minibatch, tally, signal }
    const passed =
      (native === null || index === 0 ? null : await passNatively(pass, native)) ?? (await passWeights(pass))
    if (passed === 'aborted') break
    if (passed === 'no-gradient') continue
    if (passed === 'not-finite') {
      if (tally.norms.length > 0) throw notFinite(batch.step, index)
      return { status: 'non-finite-loss' }
    }
    tally.norms.push(await firstValueFrom(model.optimStep(wireAdam(options, steps + tally.norms.length))))
    if (isAborted()) break
  }
  if (tally.norms.length > 0) return { status: 'done', steps: steps + tally.norms.length, tally }
  return { status: isAborted() ? 'cancelled' : 'zero-advantage' }
}

/** Minibatch whose gradient the service computes. */
interface Pass {
  readonly trainer: ServiceTrainer
  readonly objective: Objective
  readonly minibatch: Omit<Minibatch, 'scores'>
  readonly tally: Tally
  readonly signal: AbortSignal
}

/** Result of a pass. Unless the service has the gradient, nothing was sent that changes its state. */
type Passed = 'on-service' | 'aborted' | 'no-gradient' | 'not-finite'

/** Differentiates the objective here, and sends the derivatives as weights of the tokens. */
const passWeights = async ({ trainer, objective, minibatch, tally, signal }: Pass): Promise<Passed> => {
  const { model, gradients, options, areCurrent, onBegin } = trainer
  const { batch, rows } = minibatch
  const logprobs_BT =
    tally.norms.length === 0 && areCurrent(batch.scores.logprobs_BT)
      ? batch.scores.logprobs_BT
      : await logprobsOf(model, batch, rows, options.sequences, signal)
  if (logprobs_BT === null || signal.aborted) return 'aborted'
  const scored = { ...minibatch, scores: scoresOf(batch.scores.version, logprobs_BT) }
  const gradient_BT = await gradients.differentiate(objective, scored, logprobs_BT, tally)
  if (!Number.isFinite(tally.loss) || !gradient_BT.every(Number.isFinite)) return 'not-finite'
  if (isWithoutAdvantage(batch) && gradient_BT.every((derivative) => derivative === 0)) return 'no-gradient'
  const pieces = piecesOf(batch, rows, options.sequences)
  const { loss, inputsOf } = carrierOf(options.averaging, batch, sizeOf(pieces), gradient_BT, logprobs_BT)
  onBegin()
  // One request after the other: a step after a request that failed would be made with a part of the gradient.
  for (const piece of pieces) await firstValueFrom(model.forwardBackward(dataOf(batch, piece, inputsOf), loss))
  return 'on-service'
}

/** Returns the loss of the service that is the loss of an objective on a batch; null without one. */
const nativeLossOn = async (
  { hasLoss }: ServiceTrainer,
  objective: Objective,
  batch: FilteredBatch,
): Promise<NativeLoss | null> => {
  const loss = isWithoutAdvantage(batch) ? null : nativeLossOf(objective, batch)
  return loss !== null && (await hasLoss(loss)) ? loss : null
}

/**
 * Lets the service compute the loss of the objective itself. The log-probs that it returns give the figures of the report. Null for a
 * minibatch whose loss needs these log-probs before.
 */
const passNatively = async (
  { trainer, objective, minibatch, tally, signal }: Pass,
  loss: NativeLoss,
): Promise<Passed | null> => {
  const { model, gradients, options, onBegin } = trainer
  const { batch, rows } = minibatch
  const pieces = piecesOf(batch, rows, options.sequences)
  const inputsOf = nativeInputs(objective, minibatch, options.averaging, sizeOf(pieces))
  if (inputsOf === null) return null
  if (signal.aborted) return 'aborted'
  onBegin()
  const logprobs_BT = new Float32Array(batch.responses.length * batch.width)
  for (const piece of pieces) {
    const logprobs = await firstValueFrom(model.forwardBackward(dataOf(batch, piece, inputsOf), loss))
    placeLogprobs(logprobs_BT, batch, piece, logprobs)
  }
  const scored = { ...minibatch, scores: scoresOf(batch.scores.version, logprobs_BT) }
  const gradient_BT = await gradients.differentiate(objective, scored, logprobs_BT, tally)
  return Number.isFinite(tally.loss) && gradient_BT.every(Number.isFinite) ? 'on-service' : 'not-finite'
}

const sizeOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.size, 0)

const wireAdam = ({ adamw, learningRate }: ServiceUpdateOptions, step: number): WireAdam => ({
  learning_rate: learningRate(step),
  beta1: adamw.beta1,
  beta2: adamw.beta2,
  eps: adamw.epsilon,
  weight_decay: adamw.weightDecay,
  ...(adamw.maxNorm === Infinity ? {} : { grad_clip_norm: adamw.maxNorm }),
})

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
