import type { Observable } from 'rxjs'
import { createDemand, type DemandOptions } from '../lib/control/demand.js'
import type { EntropyControl } from '../lib/control/entropy-control.js'
import type { PipelineState } from '../lib/control/pipeline-state.js'
import type { Schedule } from '../lib/entropy/band.js'
import type { Filter } from '../lib/entropy/filter.js'
import { checkOption, integerFrom, positive } from '../lib/option.js'
import { checkSampling } from '../lib/policy/check-sampling.js'
import type { Learner } from '../lib/policy/learner.js'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { Verifier } from '../lib/reward/verifier.js'
import type { Band } from '../lib/rollout/band.js'
import type { PromptSource } from '../lib/rollout/prompt.js'
import type { RewardScale } from '../lib/rollout/reward.js'
import type { RewardOptions } from '../operators/reward.js'

/** Ports of a training pipeline: the model, the verifier and the prompts. */
export interface TrainingPorts {
  /** Samples completions and scores batches. */
  readonly policy: Policy
  /** Updates the weights. */
  readonly learner: Learner
  readonly verifier: Verifier
  /** Scale of the verifier's rewards, as the task declares it. */
  readonly rewardScale: RewardScale
  /** Source of prompts; each subscription iterates it from its start, so a generator serves one run. */
  readonly prompts: PromptSource
  /** Reference policy of the KL terms; if it is given, every report contains the KL divergence to it. */
  readonly reference?: Pick<Policy, 'score'>
}

/** Source of the entropy band: a schedule or stream, or a control that the caller keeps in order to watch and steer. */
export type BandSource =
  | { readonly band: Schedule | Observable<Band>; readonly control?: undefined }
  | { readonly control: EntropyControl; readonly band?: undefined }

/** Options of one run of a training pipeline. */
export type TrainingOptions = BandSource & {
  /** Number of training steps. Default: until the prompts end. */
  readonly steps?: number
  /** Sampling of the rollouts. Defaults: {@link samplingDefaults}. */
  readonly sampling: Partial<Sampling> & Pick<Sampling, 'maxTokens' | 'seed'>
  /**
   * Temperature of the log-probs in the loss and in KL terms: of the policy that trains, of the policy before the update, and of
   * the reference. Default: the sampling temperature, so that the trained distribution is the sampled one.
   * Entropy control, entropy bonus and the statistic S stay at temperature 1.
   */
  readonly scoreTemperature?: number
  /** Batch size and batches in flight. Defaults: {@link demandDefaults}. */
  readonly demand?: Partial<DemandOptions>
  /**
   * Maximum age of the completions that train: a group with an older one is dropped and counted. Default: no maximum; completions
   * are then at most `demand.inFlight - 1` updates old, and the correction of an algorithm can weigh them. @units updates
   */
  readonly maxStaleness?: number
  /** Time limit of the verifier, and number of its checks at the same time. */
  readonly reward?: RewardOptions
  /** Rejection filter that replaces the algorithm's own. */
  readonly filter?: Filter
  /**
   * State of the pipeline that is resumed. The learner and the policy resume from the weights of that state, the prompts begin with
   * `resumeFrom.prompts.from`, and a `control` of the caller has the override of that state. `steps` counts the steps before, too.
   */
  readonly resumeFrom?: PipelineState
}

/** Sampling defaults of training: 8 completions per prompt at temperature 1, from the whole vocabulary. */
export const samplingDefaults = { group: 8, temperature: 1, topK: 0, topP: 1 } as const satisfies Partial<Sampling>

/** Demand defaults: 32 prompts per batch, one batch in flight, step 0 first. */
export const demandDefaults = { prompts: 32, inFlight: 1, firstStep: 0 } as const satisfies DemandOptions

/**
 * Checks the options of a run, as the command line does.
 *
 * @errors RangeError that names the option, the value and the expectation
 */
export const checkTrainingOptions = (options: TrainingOptions): void => {
  const { steps, sampling, scoreTemperature, demand, maxStaleness } = options
  if (steps !== undefined) checkOption('steps', steps, integerFrom(1))
  // `createDemand` checks the sizes.
  createDemand({ ...demandDefaults, ...demand })
  if (maxStaleness !== undefined) checkOption('maxStaleness', maxStaleness, integerFrom(0))
  checkSampling({ ...samplingDefaults, ...sampling })
  // Greedy completions of one prompt are equal, and their log-probs carry no information about the policy.
  if (sampling.temperature !== undefined) checkOption('sampling.temperature', sampling.temperature, positive)
  if (scoreTemperature !== undefined) checkOption('scoreTemperature', scoreTemperature, positive)
}
