import { concatMap, from, map, of, type OperatorFunction } from 'rxjs'
import { checkReference } from '../lib/policy/check-scores.js'
import type { Policy } from '../lib/policy/policy.js'
import type { MeasuredBatch, Referenced } from '../lib/rollout/batch.js'
import { takeOne } from './take-one.js'

/**
 * Adds the log-probabilities of a reference policy to every batch, for the KL term of the loss and for the reports.
 *
 *     batches            a-----b-----|
 *     reference.score    --s|  --s|
 *     output             --a'----b'--|
 *
 * Scores one batch at a time, in order. The reference is not called for a batch without responses.
 *
 * @shape adds referenceLogprobs_BT [B, T]
 * @units nats
 * @errors PipelineError BrokenInvariant when the reference completes without scores, or with log-probs that its port does
 *         not allow; every error of the reference
 * @example
 * batches$.pipe(monitorEntropy(policy, control), scoreReference(model.freeze()))
 */
export const scoreReference = (
  reference: Pick<Policy, 'score'>,
): OperatorFunction<MeasuredBatch, MeasuredBatch & Referenced> =>
  concatMap((batch) =>
    batch.responses.length === 0
      ? of({ ...batch, referenceLogprobs_BT: new Float32Array(0) })
      : from(reference.score(batch)).pipe(
          takeOne('scores of the reference policy', batch.step),
          map((scores) => ({ ...batch, referenceLogprobs_BT: checkReference(scores, batch).logprobs_BT })),
        ),
  )
