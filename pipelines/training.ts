import type { Observable } from 'rxjs'
import type { Schedule } from '../lib/entropy/band.js'
import type { Band } from '../lib/rollout/band.js'
import type { Filter } from '../lib/entropy/filter.js'
import type { Learner } from '../lib/policy/learner.js'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { Verifier } from '../lib/reward/verifier.js'
import type { RewardScale } from '../lib/rollout/reward.js'
import type { ControllerState } from '../lib/rollout/batch.js'
import type { PromptSource } from '../lib/rollout/prompt.js'
import type { StepReport } from '../lib/report/step-report.js'
import { createDemand, type Demand, type DemandOptions } from '../lib/control/demand.js'
import { type EntropyControl, entropyControl } from '../lib/control/entropy-control.js'
import type { RewardOptions } from '../operators/reward.js'

/** What a training pipeline works with. */
export interface TrainingPorts {
  readonly policy: Policy
  readonly learner: Learner
  readonly verifier: Verifier
  /** The scale of the verifier's rewards, as the task declares it. */
  readonly rewardScale: RewardScale
  /** Iterated anew by every subscription. */
  readonly prompts: PromptSource
  /** What a KL term holds the learner to; where it is given, every report says how far that is. */
  readonly reference?: Pick<Policy, 'score'>
}

/** A band to follow, or a control that the caller keeps to watch and to steer. */
export type Target =
  | { readonly band: Schedule | Observable<Band>; readonly control?: undefined }
  | { readonly control: EntropyControl; readonly band?: undefined }

export type TrainingOptions = Target & {
  /** Batches to train on; as many as the prompts last unless given. */
  readonly steps?: number
  /** {@link samplingDefaults} but for what is given. */
  readonly sampling: Partial<Sampling> & Pick<Sampling, 'maxTokens' | 'seed'>
  /** {@link demandDefaults} but for what is given. */
  readonly demand?: Partial<DemandOptions>
  readonly reward?: RewardOptions
  /** In place of the pipeline's own. */
  readonly filter?: Filter
  /** What the controller of a run that is gone on with remembered last. */
  readonly controllerState?: ControllerState
}

/** Cold: every subscription is a run of its own, and unsubscribing stops it. */
export type Pipeline<Options = TrainingOptions> = (ports: TrainingPorts, options: Options) => Observable<StepReport>

export const samplingDefaults = { group: 8, temperature: 1, topK: 0, topP: 1 } as const satisfies Partial<Sampling>
export const demandDefaults = { prompts: 32, inFlight: 1, firstStep: 0 } as const satisfies DemandOptions

export const samplingOf = ({ sampling }: Pick<TrainingOptions, 'sampling'>): Sampling => ({
  ...samplingDefaults,
  ...sampling,
})

/** The options of one run with defaults filled in; demand, and the control unless the caller keeps it, are its own. */
export interface Training {
  readonly demand: Demand
  readonly control: EntropyControl
  readonly sampling: Sampling
  readonly steps: number
  readonly judging: RewardOptions
}

export const training = (options: TrainingOptions): Training => ({
  demand: createDemand({ ...demandDefaults, ...options.demand }),
  control: options.control ?? entropyControl(options.band),
  sampling: samplingOf(options),
  steps: options.steps ?? Infinity,
  judging: options.reward ?? {},
})
