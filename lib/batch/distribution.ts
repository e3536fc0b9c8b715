import { PipelineError } from '../pipeline-error.js'
import type { Distribution, Scores } from '../rollout/scores.js'

/** Statistics of the distribution at each position that a stage reads. Sampled scores do not have them. */
export interface DistributionNeed {
  /** Names of the statistics, such as `S and E_p[S] of every token`. */
  readonly reads: string
  /** Remedy where scores are sampled, such as `use the filter sign`. */
  readonly instead?: string
}

/** Error of a stage that reads a distribution where only the log-probs of the sampled tokens are known. */
export const distributionMissing = (
  stage: string,
  { reads, instead }: DistributionNeed,
  owner = 'the scores of the policy',
): PipelineError =>
  new PipelineError(
    'BadAlgorithm',
    `${stage}: found ${owner} \`sampled\`, which have only the log-prob of each sampled token, expected \`exact\` or \`top-k\`, because it reads ${reads}${instead === undefined ? '' : `; ${instead}, or take a policy whose scores are exact or top-k`}`,
  )

/**
 * Returns the statistics of the distributions in scores.
 *
 * @errors PipelineError BadAlgorithm that names the stage, if the scores are sampled
 */
export const distributionOf = (scores: Scores, stage: string, need: DistributionNeed): Distribution => {
  if (scores.distribution === undefined) throw distributionMissing(stage, need)
  return scores.distribution
}
