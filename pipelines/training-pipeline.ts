import { defer, map, type Observable, type OperatorFunction, pipe, take, tap } from 'rxjs'
import { createDemand } from '../lib/control/demand.js'
import { entropyControl } from '../lib/control/entropy-control.js'
import { initialPipelineState } from '../lib/control/pipeline-state.js'
import { type PromptLedger, promptLedger } from '../lib/control/prompt-ledger.js'
import { sharedPrompts } from '../lib/control/shared-prompts.js'
import { everything } from '../lib/entropy/filter/everything.js'
import type { StepReport } from '../lib/report/step-report.js'
import { overlong } from '../lib/reward/overlong.js'
import type { PromptBatch } from '../lib/rollout/prompt.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { advantage } from '../operators/advantage.js'
import { applyController } from '../operators/apply-controller.js'
import { correctMismatch } from '../operators/correct-mismatch.js'
import { dropStale } from '../operators/drop-stale.js'
import { dynamicSampling } from '../operators/dynamic-sampling.js'
import { gpuSink } from '../operators/gpu-sink.js'
import { klPenalty } from '../operators/kl-penalty.js'
import { monitorEntropy } from '../operators/monitor-entropy.js'
import { prompts } from '../operators/prompts.js'
import { rejectionFilter } from '../operators/rejection-filter.js'
import { reward } from '../operators/reward.js'
import { rollout } from '../operators/rollout.js'
import { scoreReference } from '../operators/score-reference.js'
import { toBatches } from '../operators/to-batches.js'
import { when } from '../operators/when.js'
import { checkCorrection, checkSampledScores, checkStages, chooseScoreTemperature, type Stages } from './stages.js'
import {
  checkTrainingOptions,
  demandDefaults,
  samplingDefaults,
  type TrainingOptions,
  type TrainingPorts,
} from './training-options.js'

/** Function from ports and options to the reports of a run. Each subscription is a run, and unsubscribing stops it. */
export type TrainingPipeline<Options = TrainingOptions> = (
  ports: TrainingPorts,
  options: Options,
) => Observable<StepReport>

/**
 * Creates a training pipeline of the given stages, in the order of Entrocraft's Algorithm 1.
 *
 *     for each batch of prompts:
 *       sample G completions of each prompt, verify them, estimate advantages
 *       H <- entropy of the batch under the learner policy;  m <- [H > high] - [H < low]
 *       apply the controller by H, reject rollouts that push H out of its band, update on the others
 *
 * @errors RangeError, thrown by the call, for an impossible option; PipelineError BadAlgorithm, thrown by the call, when the
 *         stages do not fit each other, the rewards or the ports; the errors of every stage, through the stream
 * @source Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * const grpoInBand = trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: sign() })
 * grpoInBand(ports, { band: constantBand({ low: 0.4, high: 0.6 }), sampling: { maxTokens: 256, seed: 7 } }).subscribe()
 */
export const trainingPipeline =
  (chosen: Stages): TrainingPipeline =>
  (ports, options) => {
    const stages = { ...chosen, filter: options.filter ?? chosen.filter ?? everything() }
    checkStages(stages, ports)
    checkTrainingOptions(options)
    checkCorrection(stages, options)
    checkSampledScores(ports.policy, { ...samplingDefaults, ...options.sampling })
    const scoreTemperature = chooseScoreTemperature(options)
    const judge = judgeOf(stages, ports, options)
    const { policy, learner, reference } = ports
    const { estimator, filter, objective, controller, correction } = stages
    return defer(() => {
      const { resumeFrom = initialPipelineState } = options
      const demand = createDemand({ ...demandDefaults, firstStep: resumeFrom.step, ...options.demand })
      const control = options.control ?? entropyControl(options.band, resumeFrom.override)
      const ledger = promptLedger(ports.prompts, resumeFrom.prompts)
      const { source, sampleAndVerify } = samplingOf(stages, ledger, judge)

      const batches$ = prompts(source, demand).pipe(
        take((options.steps ?? Infinity) - resumeFrom.step),
        sampleAndVerify,
        when(options.maxStaleness, (maxStaleness) => dropStale(policy, maxStaleness, demand)),
        when(reference, (reference) =>
          when(stages.klPenalty, (kl) => klPenalty({ policy, reference }, { ...kl, scoreTemperature }, demand)),
        ),
        advantage(estimator, demand),
        toBatches(demand),
        map((batch) => ({ ...batch, position: ledger.positionAfter(batch.step) })),
      )
      return batches$.pipe(
        monitorEntropy(policy, control, { scoreTemperature, entropyBefore: resumeFrom.entropy, demand }),
        when(reference, scoreReference),
        when(controller, (controller) =>
          applyController(control.state$, controller, resumeFrom.controllerMemory ?? undefined),
        ),
        rejectionFilter(control.state$, filter, resumeFrom.filterMemory ?? undefined),
        when(correction, (correction) => correctMismatch(correction, options.sampling)),
        gpuSink(learner, objective, demand, resumeFrom),
      )
    })
  }

type Judge = OperatorFunction<PromptBatch, RewardedGroup>

/** Operator that samples completions of each prompt and verifies them. */
const judgeOf = (stages: Stages, ports: TrainingPorts, options: TrainingOptions): Judge => {
  const sampling = { ...samplingDefaults, ...options.sampling }
  const verifier =
    stages.overlong === undefined
      ? ports.verifier
      : overlong(ports.verifier, { limit: sampling.maxTokens, ...stages.overlong })
  return pipe(rollout(ports.policy, sampling), reward(verifier, options.reward))
}

/** Source of the prompts, and the operator that samples and verifies: with dynamic sampling both share the source. */
const samplingOf = ({ dynamicSampling: options }: Stages, ledger: PromptLedger, judge: Judge) => {
  const recordAndJudge = pipe(tap(ledger.record), judge)
  if (options === undefined) return { source: ledger.source, sampleAndVerify: recordAndJudge }
  const source = sharedPrompts(ledger.source)
  return { source, sampleAndVerify: dynamicSampling(recordAndJudge, source, options) }
}
