import { concatMap, from, map, of, type OperatorFunction, take, throwIfEmpty } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy } from '../lib/policy/policy.js'
import type { MeasuredBatch, Referenced } from '../lib/rollout/batch.js'

/**
 * Adds what a reference policy says of every batch: what a KL term holds the learner to.
 *
 *     batches            a-----b-----|
 *     reference.score    --s|  --s|
 *     output             --a'----b'--|
 *
 * One batch at a time, in order. The reference is not asked about a batch without responses.
 *
 * @errors PipelineError BrokenInvariant when the reference ends without scores; whatever it fails with
 */
export const scoreReference = (
  reference: Pick<Policy, 'score'>,
): OperatorFunction<MeasuredBatch, MeasuredBatch & Referenced> =>
  concatMap((batch) =>
    batch.responses.length === 0
      ? of({ ...batch, referenceLogprobs_BT: new Float32Array(0) })
      : from(reference.score(batch)).pipe(
          take(1),
          throwIfEmpty(
            () => new PipelineError('BrokenInvariant', `the reference gave no scores for batch ${batch.step}`),
          ),
          map(({ logprobs_BT }) => ({ ...batch, referenceLogprobs_BT: logprobs_BT })),
        ),
  )
