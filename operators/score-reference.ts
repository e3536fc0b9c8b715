import { concatMap, from, map, of, type OperatorFunction } from 'rxjs'
import { scoreTemperatureOf } from '../lib/batch/score-temperature.js'
import { checkLogprobs } from '../lib/policy/check-scores.js'
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
 * The log-probs have the temperature of those on which the batch trains. Batches are scored one at a time, in order. The
 * reference is not called for a batch without responses.
 *
 * @shape adds referenceLogprobs_BT [B, T]
 * @units nats
 * @errors PipelineError BrokenInvariant when the reference completes without scores, scores at another temperature, or with
 *         log-probs that its port does not allow; every error of the reference
 * @example
 * batches$.pipe(monitorEntropy(policy, control), scoreReference(model.freeze()))
 */
export const scoreReference = (
  reference: Pick<Policy, 'score'>,
): OperatorFunction<MeasuredBatch, MeasuredBatch & Referenced> =>
  concatMap((batch) => {
    if (batch.responses.length === 0) return of({ ...batch, referenceLogprobs_BT: new Float32Array(0) })
    const temperature = scoreTemperatureOf(batch.scores)
    return from(reference.score(batch, temperature)).pipe(
      takeOne('scores of the reference policy', batch.step),
      map((scores) => ({
        ...batch,
        referenceLogprobs_BT: checkLogprobs(scores, batch, { port: 'reference', temperature }),
      })),
    )
  })
