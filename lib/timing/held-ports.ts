import type { OperatorFunction } from 'rxjs'
import type { Learner } from '../policy/learner.js'
import type { Policy } from '../policy/policy.js'
import type { StepReport } from '../report/step-report.js'
import type { Gate } from '../control/gate.js'
import { stageAccounts, type TimedStep } from './step-seconds.js'
import { timedLearner, timedPolicy } from './timed-ports.js'

/** Ports that a gate holds, and the account of the time they took. */
export interface HeldPorts {
  readonly policy: Policy
  readonly learner: Learner
  readonly timed: OperatorFunction<StepReport, TimedStep>
}

/** A policy and a learner as a run has them that is held and timed; what it was held for is no time of a step. */
export const heldPorts = (
  { policy, learner }: { readonly policy: Policy; readonly learner: Learner },
  { gated, gatedLearner, clock }: Gate,
  residentBytes: () => number | null,
): HeldPorts => {
  const { record, timed } = stageAccounts(clock, residentBytes)
  return {
    policy: gated(timedPolicy(policy, clock, record)),
    learner: gatedLearner(timedLearner(learner, clock, record)),
    timed,
  }
}
