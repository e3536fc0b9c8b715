import { PipelineError } from '../pipeline-error.js'
import type { Scores } from '../rollout/scores.js'

/** Temperature of the distribution whose log-probs the batch trains on. */
export const scoreTemperatureOf = ({ tempered }: Scores): number => tempered?.temperature ?? 1

/** Log-probs at the score temperature. @shape [B, T] @units nats */
export const scoredLogprobs_BT = ({ logprobs_BT, tempered }: Scores): Float32Array =>
  tempered?.logprobs_BT ?? logprobs_BT

/**
 * Returns the scores if they have the log-probs of a temperature.
 *
 * @errors PipelineError BrokenInvariant that names the policy (`of`) and the step
 */
export const requireTemperature = (scores: Scores, temperature: number, of: string, step: number): Scores => {
  const found = scoreTemperatureOf(scores)
  if (found !== temperature)
    throw new PipelineError(
      'BrokenInvariant',
      `step ${step}: found scores of the ${of} with log-probs at temperature ${found}, expected temperature ${temperature}; its score(batch, temperature) returns them as \`tempered\`, or set scoreTemperature to ${found}`,
    )
  return scores
}
