import type { DeviceTensor } from '../../compute/engine/engine.js'
import { scoreTemperatureOf } from '../../batch/score-temperature.js'
import { trainedShapes, weightFeed } from '../../model/weights.js'
import { adamwProgram, type AdamWOptions } from '../../optimizer/adamw.js'
import { addNorm, type GradientSpike, spikeLimit } from '../../optimizer/gradient-spike.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import type { Objective } from '../../objective/objective.js'
import type { Refusal, SkipReason } from '../learner.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { Scores } from '../../rollout/scores.js'
import { drawOf, isWithoutAdvantage, minibatchesOf } from '../minibatches.js'
import { freeTensors } from './leased-weights.js'
import { minibatchGradients } from './minibatch-gradients.js'
import type { ModelOnEngines } from './model-on-engines.js'
import { freeState, type OptimizerState } from './optimizer-store.js'
import { scoresOf } from './score.js'
import { emptyTally, type Tally } from '../tally.js'

/** Settings of a learner's updates. */
export interface UpdateOptions {
  readonly adamw: AdamWOptions
  /** Guard against sudden large gradients; null for none. */
  readonly gradientSpike: GradientSpike | null
  readonly learningRate: LearningRate
  /** Random seed: the first part of the key that shuffles a batch into minibatches. */
  readonly seed: number
}

/** Result of an update. Unless its status is `done`, the update has changed nothing. */
export type UpdateOutcome =
  | { readonly status: 'done'; readonly state: OptimizerState; readonly tally: Tally }
  | { readonly status: 'cancelled' }
  | { readonly status: 'gradient-spike'; readonly gradientNorms: readonly number[] }
  | { readonly status: Exclude<SkipReason, 'gradient-spike'> }

/**
 * Makes one optimiser step per minibatch of accepted responses. The caller keeps ownership of `start`.
 *
 * If every advantage of the batch is 0, a minibatch whose gradient is 0 makes no step. AdamW would move the weights by its
 * momentum, by more than half of the step before, and by its weight decay, although the batch says nothing about them. The
 * gradient is not 0 if the loss has another term that acts, such as a KL penalty or an entropy bonus.
 *
 * An update is refused as a whole if one of its minibatches has a loss, a gradient or a result that is not finite, or a spike
 * that the guard skips.
 */
export const update = async (
  model: ModelOnEngines,
  options: UpdateOptions,
  start: OptimizerState,
  batch: FilteredBatch,
  objective: Objective,
  signal: AbortSignal,
): Promise<UpdateOutcome> => {
  if (!batch.accepted_B.includes(true)) return { status: 'nothing-accepted' }
  const hasNoAdvantage = isWithoutAdvantage(batch)
  let state = start
  let gradientNorms = start.gradientNorms
  const tally = emptyTally()
  const replaceState = (next: OptimizerState) => {
    if (state !== start) freeState(state)
    state = next
  }
  const trainOn = async (rows: readonly number[], index: number, count: number): Promise<Refusal | null> => {
    const scores = await currentScores(model, state, start, batch, rows, objective, signal)
    if (scores === null) return null
    const minibatch = { batch, rows, count, scores, draw: drawOf(options.seed, batch.step, index) }
    const gradients = await minibatchGradients(model, state.parameters, minibatch, objective, tally, signal)
    if (gradients === null) return null
    const next = await adamwStep(model, options, state, gradients).finally(() => freeTensors(gradients))
    const refusal = refusalOf(tally, next)
    if (Number.isFinite(next.norm)) gradientNorms = next.state.gradientNorms
    if (refusal !== null || (hasNoAdvantage && next.norm === 0)) {
      freeState(next.state)
      return refusal
    }
    replaceState(next.state)
    tally.norms.push(next.norm)
    return null
  }
  try {
    const minibatches = minibatchesOf(batch, objective, options.seed)
    for (const [index, rows] of minibatches.entries()) {
      const refusal = await trainOn(rows, index, minibatches.length)
      if (refusal === null && !signal.aborted) continue
      replaceState(start)
      if (refusal === null) return { status: 'cancelled' }
      return refusal === 'gradient-spike' ? { status: refusal, gradientNorms } : { status: refusal }
    }
    return state === start ? { status: 'zero-advantage' } : { status: 'done', state, tally }
  } catch (error) {
    replaceState(start)
    throw error
  }
}

/** Returns why an optimiser step must not be taken; null if it may. */
const refusalOf = ({ loss }: Tally, { norm, stateSum, isSpike }: StepOutcome): Refusal | null => {
  if (!Number.isFinite(loss) || !Number.isFinite(norm)) return 'non-finite-loss'
  if (!Number.isFinite(stateSum)) return 'non-finite-weights'
  return isSpike ? 'gradient-spike' : null
}

/**
 * Returns the scores of a minibatch by the current parameters; null when cancelled. The batch was scored by the parameters
 * before its first minibatch. Objectives with `marks` or `kept` need current scores, so later minibatches are scored again for them.
 */
const currentScores = async (
  model: ModelOnEngines,
  state: OptimizerState,
  start: OptimizerState,
  batch: FilteredBatch,
  rows: readonly number[],
  { marks, kept }: Objective,
  signal: AbortSignal,
): Promise<Scores | null> =>
  (marks === undefined && kept === undefined) || state === start
    ? batch.scores
    : scoresOf(
        model,
        { version: batch.scores.version, parameters: state.parameters },
        batch,
        rows,
        scoreTemperatureOf(batch.scores),
        signal,
      )

/** Result of an optimiser step. The holder of the outcome owns the tensors of its state. */
interface StepOutcome {
  readonly state: OptimizerState
  /** Norm of the gradient before clipping. */
  readonly norm: number
  /** Number that is finite only if every number of the state is. */
  readonly stateSum: number
  /** True if the norm exceeds the limit of a guard that skips. */
  readonly isSpike: boolean
}

const adamwStep = async (
  { config, replicas: [{ executables }] }: ModelOnEngines,
  { adamw, gradientSpike, learningRate }: UpdateOptions,
  state: OptimizerState,
  gradients: Readonly<Record<string, DeviceTensor>>,
): Promise<StepOutcome> => {
  const shapes = trainedShapes(config)
  const limit = gradientSpike === null ? Infinity : spikeLimit(gradientSpike, state.gradientNorms)
  const maxNorm = gradientSpike?.action === 'clip' ? 'input' : 'constant'
  const executable = await executables.get(config, `adamw ${maxNorm} ${JSON.stringify(adamw)}`, () =>
    adamwProgram(shapes, adamw, maxNorm),
  )
  const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) })
  const { device, host } = await executable.run(
    {
      ...gradients,
      ...weightFeed(state.parameters, 'parameter.'),
      ...weightFeed(state.firstMoments, 'first.'),
      ...weightFeed(state.secondMoments, 'second.'),
      rate: scalar(learningRate(state.steps)),
      firstCorrection: scalar(1 / (1 - adamw.beta1 ** (state.steps + 1))),
      secondCorrection: scalar(1 / (1 - adamw.beta2 ** (state.steps + 1))),
      ...(maxNorm === 'input' ? { maxNorm: scalar(Math.min(adamw.maxNorm, limit)) } : {}),
    },
    ['norm', 'stateSum'],
  )
  const outputs = (prefix: string) => new Map([...shapes.keys()].map((name) => [name, device[prefix + name]!]))
  const norm = host['norm']!.data[0]!
  return {
    norm,
    stateSum: host['stateSum']!.data[0]!,
    isSpike: gradientSpike?.action === 'skip' && norm > limit,
    state: {
      parameters: outputs('parameter.'),
      firstMoments: outputs('first.'),
      secondMoments: outputs('second.'),
      steps: state.steps + 1,
      gradientNorms: gradientSpike === null ? [] : addNorm(gradientSpike, state.gradientNorms, norm),
    },
  }
}
