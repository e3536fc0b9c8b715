import { EntrainError } from './error.js'

/**
 * Error that ends a run.
 *
 * - `EngineMissing`, `EngineFailed`: an engine cannot be opened, or its device or library failed
 * - `EngineLost`: the thread or the device of an engine is gone, with everything that was on it; a fresh engine may work
 * - `StageTimedOut`: a policy, a reference policy or a learner did not answer within the stage timeout
 * - `AlreadyRunning`: a learner, a demand or an entropy control serves another run that has not ended
 * - `BadAlgorithm`: the stages of a training pipeline do not fit each other or the task
 * - `EmptyPrompt`: a prompt has no tokens
 * - `NoPrompts`: a source of prompts ended before its first prompt, and a result is computed from the prompts
 * - `SpentPrompts`: a source of prompts was iterated before and cannot start again
 * - `BrokenInvariant`: a policy, learner, verifier or estimator returned a value that its port does not allow
 * - `Diverged`: the policy's entropies or log-probs are all NaN, or too many updates in a row were refused
 * - `EntropyLimit`: the entropy left its hard limit, and the run was to stop then
 * - `NoVerdict`: the verifier failed on every completion of a run
 */
export class PipelineError extends EntrainError {
  override readonly name: string = 'PipelineError'
  constructor(
    readonly _tag:
      | 'EngineFailed'
      | 'EngineLost'
      | 'EngineMissing'
      | 'StageTimedOut'
      | 'AlreadyRunning'
      | 'BadAlgorithm'
      | 'EmptyPrompt'
      | 'NoPrompts'
      | 'SpentPrompts'
      | 'BrokenInvariant'
      | 'Diverged'
      | 'EntropyLimit'
      | 'NoVerdict',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
