import { concatMap, from, map, type Observable, of, type OperatorFunction, switchMap, tap } from 'rxjs'
import type { Demand } from '../lib/control/demand.js'
import type { EntropyControl } from '../lib/control/entropy-control.js'
import type { BandInForce } from '../lib/control/steered-band.js'
import { drift } from '../lib/entropy/drift.js'
import { entropyEstimate } from '../lib/entropy/entropy-estimate.js'
import { predictedChange } from '../lib/entropy/predicted-change.js'
import { checkScores, type ExpectedScores } from '../lib/policy/check-scores.js'
import type { Policy } from '../lib/policy/policy.js'
import type { Batch, MeasuredBatch } from '../lib/rollout/batch.js'
import type { ScoreMethod, Scores } from '../lib/rollout/scores.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { takeOne } from './take-one.js'

/** Options of {@link monitorEntropy}. */
export interface MonitorEntropyOptions {
  /** Temperature of the log-probs that the batch trains on [1]. */
  readonly scoreTemperature?: number
  /** Entropy of the last batch of the run that is resumed [null: none]. @units nats per token */
  readonly entropyBefore?: number | null
  /**
   * Demand of the pipeline. With it a batch says which updates were skipped. The calibrated law needs it with several batches in flight, to
   * give each change of entropy to its update.
   */
  readonly demand?: Pick<Demand, 'inFlight' | 'skippedSteps'>
}

/**
 * Scores every batch under the learner policy, and publishes its entropy, band and drift before it passes the batch on.
 *
 *     batches           a------b------|
 *     policy.score      --s|   --s|
 *     output            --a'-----b'---|
 *     control.state$    --A------B----|     just before a' and b'
 *
 * Entropy, band and drift are at temperature 1. At another `scoreTemperature` the scores also have the log-probs of that
 * temperature, on which the learner trains. Batches are scored one at a time, in order. The policy is not called for a batch
 * without responses, which gets entropy NaN and drift 0.
 *
 * The state has the method of the scores and the error of the entropy. Its predicted change of the whole batch has the form
 * `s-form`, and the form `sampled` if the scores are sampled.
 *
 * @shape adds scores, each [B, T]
 * @units entropy in nats per token
 * @errors PipelineError AlreadyRunning when the control serves another run; BrokenInvariant when the policy completes
 *         without scores, without log-probs at the score temperature, or with scores that its port does not allow; Diverged
 *         when every entropy is NaN; every error of the policy and of the stream of bands
 * @example
 * const control = entropyControl(constantBand({ low: 0.4, high: 0.6 }))
 * batches$.pipe(monitorEntropy(model.policy, control), rejectionFilter(control.state$, sign()))
 */
export const monitorEntropy =
  (
    policy: Policy,
    control: EntropyControl,
    { scoreTemperature = 1, entropyBefore = null, demand }: MonitorEntropyOptions = {},
  ): OperatorFunction<Batch, MeasuredBatch> =>
  (batches$) =>
    control.monitor(({ bandAt, publish }) => {
      let before = entropyBefore
      let version = 0
      const measure = (batch: MeasuredBatch) =>
        bandAt(batch.step).pipe(
          map((inForce) => stateOf(batch, inForce, before)),
          tap((state) => {
            if (!Number.isNaN(state.entropy)) before = state.entropy
            publish(state)
          }),
          map(() => batch),
        )
      return batches$.pipe(
        concatMap((batch) =>
          scoresOf(policy, batch, { least: version, temperature: scoreTemperature }).pipe(
            tap((scores) => {
              version = scores.version
            }),
            switchMap((scores) => measure({ ...batch, scores, ...skippedBefore(batch, demand) })),
          ),
        ),
      )
    })

const skippedBefore = ({ step }: Batch, demand: MonitorEntropyOptions['demand']): Pick<MeasuredBatch, 'skipped'> => {
  const skipped = demand?.skippedSteps(step - demand.inFlight) ?? []
  return skipped.length === 0 ? {} : { skipped }
}

const stateOf = (
  batch: MeasuredBatch,
  { band, nextBand, steered }: BandInForce,
  before: number | null,
): EntropyState => {
  const { entropy, entropyError } = entropyEstimate(batch)
  return {
    step: batch.step,
    entropy,
    scoreMethod: batch.scores.method,
    entropyError,
    band,
    nextBand,
    steered,
    drift: drift(entropy, band),
    measuredChange: before === null || Number.isNaN(entropy) ? null : entropy - before,
    predictedChange: predictedChange(batch),
  }
}

/** Emits the scores of a batch once, checked; a batch without responses has empty ones, and the policy is not called. */
export const scoresOf = (
  policy: Pick<Policy, 'score' | 'version' | 'scoreMethod'>,
  batch: Batch,
  expected: Omit<ExpectedScores, 'method'>,
): Observable<Scores> => {
  const { scoreMethod: method = 'exact' } = policy
  return batch.responses.length === 0
    ? of(emptyScores(policy.version, method, expected.temperature))
    : from(policy.score(batch, expected.temperature)).pipe(
        takeOne('scores of the policy', batch.step),
        map((scores) => checkScores(scores, batch, { ...expected, method })),
      )
}

const emptyScores = (version: number, method: ScoreMethod, temperature: number): Scores => {
  const empty = new Float32Array(0)
  const tempered = temperature === 1 ? {} : { tempered: { temperature, logprobs_BT: empty } }
  const scores = { version, logprobs_BT: empty, entropy_BT: empty, ...tempered }
  const distribution = { s_BT: empty, expectedS_BT: empty, squares_BT: empty }
  if (method === 'sampled') return { ...scores, method }
  return method === 'exact'
    ? { ...scores, method, distribution }
    : { ...scores, method, distribution, entropyError_BT: empty }
}
