import type { Waypoint } from '../rollout/band.js'
import type { Memory } from '../rollout/batch.js'
import type { PromptPosition } from '../rollout/prompt.js'
import { type Refusal, refusalOf, type UpdateReport } from '../policy/learner.js'
import type { StepReport } from '../report/step-report.js'
import { startOfPrompts } from './prompt-ledger.js'

/**
 * State of a training pipeline between two steps. A run resumes from it and from the state of its learner. Draws need no
 * state, because they are made by key.
 */
export interface PipelineState {
  /** Number of the next step. */
  readonly step: number
  /** Entropy of the last batch that has one; null before the first. @units nats per token */
  readonly entropy: number | null
  /** Points of the override of the band that was in force at the last step; null if the run followed its plan. */
  readonly override: readonly Waypoint[] | null
  /** Memory of the filter; null for its initial memory. */
  readonly filterMemory: Memory | null
  /** Memory of the controller; null for its initial memory. */
  readonly controllerMemory: Memory | null
  /** Position in the source of prompts. */
  readonly prompts: PromptPosition
  /** Reasons of the updates that the learner has refused in a row. */
  readonly refusals: readonly Refusal[]
  /** True if the verifier has judged any completion. */
  readonly hasVerdict: boolean
}

/** State before the first step. */
export const initialPipelineState: PipelineState = {
  step: 0,
  entropy: null,
  override: null,
  filterMemory: null,
  controllerMemory: null,
  prompts: startOfPrompts,
  refusals: [],
  hasVerdict: false,
}

/** Returns the state after a step; the accumulator of `scan`. */
export const pipelineStateAfter = (
  state: PipelineState,
  { step, outcome, entropy, filterMemory, controlled, position, accepted, rejected, excluded }: StepReport,
): PipelineState => {
  const responses = [accepted, rejected].flatMap(({ positive, zero, negative }) => [positive, zero, negative])
  return {
    step: step + 1,
    entropy: Number.isNaN(entropy.entropy) ? state.entropy : entropy.entropy,
    override: overrideAfter(state.override, entropy.steered),
    filterMemory: filterMemory ?? state.filterMemory,
    controllerMemory: controlled?.memory ?? state.controllerMemory,
    prompts: position ?? state.prompts,
    refusals: refusalsAfter(state.refusals, outcome),
    hasVerdict: state.hasVerdict || excluded > 0 || responses.some((count) => count > 0),
  }
}

/** Adds the reason of a refused update. An update that was made ends the row; a step that is skipped for another reason does not. */
export const refusalsAfter = (before: readonly Refusal[], outcome: UpdateReport): readonly Refusal[] => {
  const reason = refusalOf(outcome)
  if (reason !== null) return [...before, reason]
  return outcome.status === 'updated' ? [] : before
}

/** A step reports the override that begins with it. An empty list ends the override. */
const overrideAfter = (
  before: PipelineState['override'],
  steered: StepReport['entropy']['steered'],
): PipelineState['override'] => (steered === null ? before : steered.length === 0 ? null : steered)
