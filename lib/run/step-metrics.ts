import * as R from 'fp-ts/lib/Record.js'
import * as t from 'io-ts'
import { nullIfMissing } from '../codec/nullable.js'
import { FailureTagCodec } from '../codec/value/reward.js'
import { ScoreMethodCodec } from '../codec/value/scores.js'
import { WaypointsCodec } from '../codec/waypoints.js'
import type { StepReport } from '../report/step-report.js'
import { perFault } from '../rollout/reward.js'

/** Codec of a number that may be NaN or infinite; JSON has neither, so the log holds null. */
const measured = t.union([t.number, t.null])
/** Codec of the memory of a filter or controller. */
const memory = t.readonly(t.record(t.string, t.union([measured, t.readonlyArray(measured)])))
const bySign = t.readonly(t.type({ positive: t.number, zero: t.number, negative: t.number }))

/**
 * Codec of a line of `metrics.jsonl`: one training step. It holds no times, so that the same seed writes the same bytes.
 *
 * @units entropies and their error, band, log-likelihoods, log baseline and every kl in nats per token; predicted changes in nats per token and
 * unit learning rate; `correct`, `truncated`, `aboveBaseline`, `effectiveSampleSize` and the fractions are shares
 */
export const StepMetricsCodec = t.readonly(
  t.type(
    {
      step: t.number,
      version: t.number,
      status: t.union([
        t.literal('updated'),
        t.literal('nothing-accepted'),
        t.literal('zero-advantage'),
        t.literal('non-finite-loss'),
        t.literal('non-finite-weights'),
        t.literal('gradient-spike'),
      ]),
      entropy: measured,
      /** Way in which the scores were made; null in logs of earlier versions, whose scores are exact. */
      scoreMethod: nullIfMissing(ScoreMethodCodec),
      /** Error of the entropy; null if it is unknown, and in logs of earlier versions. */
      entropyError: nullIfMissing(t.number),
      low: t.number,
      high: t.number,
      drift: t.union([t.literal(-1), t.literal(0), t.literal(1)]),
      /** Side on which entropy is outside its hard limit; null if it is inside, or if there is no limit. */
      outsideLimit: nullIfMissing(t.union([t.literal('below'), t.literal('above')])),
      /** Points of a band override that begins with this step; empty where an override was released; null where neither happened. */
      steered: t.union([WaypointsCodec, t.null]),
      measuredChange: measured,
      /** Change of entropy predicted for the whole batch. */
      predictedChange: measured,
      /** Change of entropy predicted for the accepted responses. */
      predictedChangeAccepted: measured,
      reward: measured,
      correct: measured,
      accepted: bySign,
      rejected: bySign,
      excluded: t.number,
      /** Share of the responses that the length limit cut. */
      truncated: nullIfMissing(t.number),
      tokensSampled: t.number,
      tokensTrained: t.number,
      // From here to effectiveBatch: the Diagnostics of the batch.
      logLikelihood: measured,
      logLikelihoodPositive: measured,
      logLikelihoodNegative: measured,
      logBaseline: measured,
      aboveBaseline: measured,
      klToSampler: measured,
      samplerRatioMin: measured,
      samplerRatioMax: measured,
      samplerDifferenceMean: nullIfMissing(t.number),
      samplerDifferenceMax: nullIfMissing(t.number),
      effectiveSampleSize: nullIfMissing(t.number),
      klToReference: measured,
      effectiveBatch: t.number,
      // From here to ratioMax: measurements of the update; null for a step without an update.
      optimizerSteps: measured,
      learningRate: measured,
      loss: measured,
      gradientNorm: measured,
      clipFraction: measured,
      clipFractionLow: measured,
      clipFractionHigh: measured,
      markedFraction: measured,
      kl: measured,
      ratioMin: measured,
      ratioMax: measured,
      failures: t.number,
      /**
       * Failures by tag, the most frequent first, each with the message of the first failure; undefined in logs of earlier
       * versions.
       */
      failureKinds: t.union([
        t.readonlyArray(t.readonly(t.type({ tag: FailureTagCodec, count: t.number, message: t.string }))),
        t.undefined,
      ]),
      /** Number of responses per fault, such as a missing answer. They are incorrect for every reference answer. */
      faults: t.readonly(t.type(perFault(() => t.number))),
      /** Number of groups of the step; null in logs of earlier versions. */
      groups: nullIfMissing(t.number),
      /** Number of groups without a verdict, because the verifier failed on every completion; null in logs of earlier versions. */
      failedGroups: nullIfMissing(t.number),
      zeroVarianceGroups: t.number,
      discardedGroups: t.number,
      /** Number of groups that were dropped as stale. */
      staleGroups: nullIfMissing(t.number),
      /** Mean and maximum age of the responses at the update, in updates. */
      staleness: nullIfMissing(t.number),
      stalenessMax: nullIfMissing(t.number),
      /** Memory of the filter; null for a filter without memory. */
      filter: nullIfMissing(memory),
      /** Memory of the controller; null without a controller. */
      controller: t.union([memory, t.null]),
    },
    'StepMetrics',
  ),
)

/** Metrics of one training step. */
export type StepMetrics = t.TypeOf<typeof StepMetricsCodec>

/** Returns the metrics of a step report. */
export const stepMetrics = (report: StepReport): StepMetrics => {
  const { outcome, entropy, reward, tokens, diagnostics } = report
  const updated = outcome.status === 'updated' ? outcome : undefined
  return {
    step: report.step,
    version: outcome.version,
    status: outcome.status === 'updated' ? 'updated' : outcome.reason,
    entropy: finite(entropy.entropy),
    scoreMethod: entropy.scoreMethod,
    entropyError: finite(entropy.entropyError),
    low: entropy.band.low,
    high: entropy.band.high,
    drift: entropy.drift,
    outsideLimit: report.outsideLimit ?? null,
    steered: entropy.steered,
    measuredChange: finite(entropy.measuredChange),
    predictedChange: finite(entropy.predictedChange),
    predictedChangeAccepted: finite(report.predictedChange),
    reward: finite(reward.mean),
    correct: finite(reward.correct),
    accepted: report.accepted,
    rejected: report.rejected,
    excluded: report.excluded,
    truncated: finite(report.truncated),
    tokensSampled: tokens.sampled,
    tokensTrained: tokens.trained,
    logLikelihood: finite(diagnostics.logLikelihood.all),
    logLikelihoodPositive: finite(diagnostics.logLikelihood.positive),
    logLikelihoodNegative: finite(diagnostics.logLikelihood.negative),
    logBaseline: finite(diagnostics.logBaseline),
    aboveBaseline: finite(diagnostics.aboveBaseline),
    klToSampler: finite(diagnostics.klToSampler),
    samplerRatioMin: finite(diagnostics.samplerRatio.min),
    samplerRatioMax: finite(diagnostics.samplerRatio.max),
    samplerDifferenceMean: finite(diagnostics.samplerDifference.mean),
    samplerDifferenceMax: finite(diagnostics.samplerDifference.max),
    effectiveSampleSize: finite(diagnostics.effectiveSampleSize),
    klToReference: finite(diagnostics.klToReference),
    effectiveBatch: diagnostics.effectiveBatch,
    optimizerSteps: finite(updated?.optimizerSteps),
    learningRate: finite(updated?.learningRate),
    loss: finite(updated?.loss),
    gradientNorm: finite(updated?.gradientNorm),
    clipFraction: finite(updated?.clipFraction),
    clipFractionLow: finite(updated?.clipFractionLow),
    clipFractionHigh: finite(updated?.clipFractionHigh),
    markedFraction: finite(updated?.markedFraction),
    kl: finite(updated?.kl),
    ratioMin: finite(updated?.ratio.min),
    ratioMax: finite(updated?.ratio.max),
    failures: report.failures,
    failureKinds: report.failureKinds,
    faults: report.faults,
    groups: report.groups,
    failedGroups: report.failedGroups,
    zeroVarianceGroups: report.zeroVarianceGroups,
    discardedGroups: report.discardedGroups,
    staleGroups: report.staleGroups,
    staleness: finite(report.staleness.mean),
    stalenessMax: finite(report.staleness.max),
    filter: report.filterMemory === null ? null : finiteMemory(report.filterMemory),
    controller: report.controlled === null ? null : finiteMemory(report.controlled.memory),
  }
}

/** Replaces the numbers of a memory that JSON does not have. */
const finiteMemory = R.map((value: number | readonly number[]) =>
  typeof value === 'number' ? finite(value) : value.map(finite),
)

const finite = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Number.isFinite(value) ? value : null
