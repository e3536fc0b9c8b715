import { map, type OperatorFunction } from 'rxjs'
import type { Correction } from '../lib/objective/corrections.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Sampling } from '../lib/policy/policy.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'

/**
 * Corrects for the difference between the sampler's probabilities and the learner's, which come from different engine
 * programs or weights.
 *
 *     batches    a---b---|
 *     output     a'--b'--|     a': tokens get importance weights, or are masked
 *
 * `sampling` says whether top-k and top-p were on. The learner's log-probs are over the whole vocabulary, so the sampler's have
 * to be so, too.
 *
 * @shape adds importance_BT [B, T], or changes mask_BT [B, T]
 * @errors PipelineError BrokenInvariant when top-k or top-p is on and a completion has no `untruncatedLogprobs_T`; every error
 *         that the correction throws
 * @example
 * batches$.pipe(rejectionFilter(control.state$, sign()), correctMismatch(truncate(2)))
 */
export const correctMismatch = (
  correction: Correction,
  { topK = 0, topP = 1 }: Partial<Pick<Sampling, 'topK' | 'topP'>> = {},
): OperatorFunction<FilteredBatch, FilteredBatch> =>
  map((batch) => {
    if (topK > 0 || topP < 1) requireUntruncated(batch)
    return { ...batch, ...correction(batch) }
  })

const requireUntruncated = ({ step, responses }: FilteredBatch): void => {
  const lacking = responses.find(({ completion }) => completion.untruncatedLogprobs_T === undefined)
  if (lacking !== undefined)
    throw new PipelineError(
      'BrokenInvariant',
      `step ${step}, prompt ${lacking.prompt.id}: found a completion without untruncatedLogprobs_T, expected it, because top-k or top-p is on and the mismatch is corrected; the policy has to return it, or topK 0 and topP 1 turn truncation off`,
    )
}
