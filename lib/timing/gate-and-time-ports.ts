import type { OperatorFunction } from 'rxjs'
import type { LearnerState } from '../checkpoint/training-state.js'
import type { Learner } from '../policy/learner.js'
import type { Policy } from '../policy/policy.js'
import type { StepReport } from '../report/step-report.js'
import type { Gate } from '../control/gate.js'
import { stageTimer, type TimedStep } from './step-seconds.js'
import { timedLearner, timedPolicy } from './timed-ports.js'

/** Ports that a gate can pause, and the operator that adds the seconds that they recorded. */
export interface GatedAndTimedPorts<State extends LearnerState = LearnerState> {
  readonly policy: Policy
  readonly learner: Learner<State>
  /** Adds the time of each stage to the report of its step. */
  readonly timeSteps: OperatorFunction<StepReport, TimedStep>
}

/**
 * Wraps a policy and a learner so that a gate can pause them and their time is recorded. Time spent waiting at the gate is
 * part of no stage and of no step.
 *
 * `residentBytes` returns the resident memory of the process, or null when it is not known.
 *
 * @units seconds, by the clock of the gate; memory in bytes
 * @example
 * const { policy, learner, timeSteps } = gateAndTimePorts(model, gate(clock), () => process.memoryUsage.rss())
 * algorithms.grpo.create({ ...ports, policy, learner }, options).pipe(timeSteps)
 */
export const gateAndTimePorts = <State extends LearnerState>(
  { policy, learner }: { readonly policy: Policy; readonly learner: Learner<State> },
  { gatePolicy, gateLearner, clock }: Gate,
  residentBytes: () => number | null,
): GatedAndTimedPorts<State> => {
  const { record, timeSteps } = stageTimer(clock, residentBytes)
  return {
    policy: gatePolicy(timedPolicy(policy, clock, record)),
    learner: gateLearner(timedLearner(learner, clock, record)),
    timeSteps,
  }
}
