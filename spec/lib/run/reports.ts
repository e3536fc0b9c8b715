import type { UpdateReport } from '#lib/policy/learner.js'
import { perFault } from '#lib/rollout/reward.js'
import type { StepReport } from '#lib/report/step-report.js'
import type { LoggedStep } from '#lib/run/history.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import type { StepSeconds, TimedStep } from '#lib/timing/step-seconds.js'

export const updated = (version: number): UpdateReport => ({
  status: 'updated',
  version,
  optimizerSteps: 1,
  learningRate: 1e-3,
  loss: -0.0125,
  gradientNorm: 0.5,
  clipFraction: 0,
  clipFractionLow: 0,
  clipFractionHigh: 0,
  markedFraction: 0,
  kl: 0.0001,
  ratio: { min: 0.9, max: 1.1 },
})

export const skipped = (version: number): UpdateReport => ({ status: 'skipped', version, reason: 'nothing-accepted' })

/** Report of a step with the given entropy, in the band [0.5, 0.6]. */
export const reportOf = (step: number, entropy: number, outcome = updated(step + 1)): StepReport => ({
  step,
  outcome,
  entropy: {
    step: step,
    entropy,
    scoreMethod: 'exact',
    entropyError: 0,
    band: { low: 0.5, high: 0.6 },
    nextBand: { low: 0.5, high: 0.6 },
    steered: null,
    drift: entropy > 0.6 ? 1 : entropy < 0.5 ? -1 : 0,
    measuredChange: step === 0 ? null : 0.01,
    predictedChange: -0.25,
  },
  reward: { mean: 0.25, correct: 0.125 },
  accepted: { positive: 3, zero: 1, negative: 2 },
  rejected: { positive: 0, zero: 0, negative: 2 },
  excluded: 0,
  truncated: 0.25,
  tokens: { sampled: 80, trained: 60 },
  predictedChange: -0.5,
  diagnostics: {
    logLikelihood: { all: -0.5, positive: -0.375, negative: -0.625 },
    logBaseline: -1.5,
    aboveBaseline: 0.75,
    klToSampler: 0.002,
    samplerRatio: { min: 0.75, max: 1.25 },
    samplerDifference: { mean: 0.05, max: 0.29 },
    effectiveSampleSize: 0.98,
    klToReference: null,
    effectiveBatch: 6,
  },
  failures: 0,
  failureKinds: [],
  faults: perFault(() => 0),
  groups: 4,
  failedGroups: 0,
  zeroVarianceGroups: 1,
  discardedGroups: 0,
  staleGroups: 0,
  staleness: { mean: 0, max: 0 },
  filterMemory: null,
  controlled: null,
  position: null,
  examples: [
    {
      response: {
        prompt: { id: 'p', text: '3 4 5 = 17', tokens: [1, 2], reference: '17' },
        completion: {
          tokens: Int32Array.of(3, 4),
          logprobs_T: Float32Array.of(-0.5, -0.25),
          text: '3*4+5',
          finish: 'stop',
          version: step,
        },
        reward: { value: 1, correct: true },
        group: 0,
      },
      advantage: 1,
      accepted: true,
      entropy_T: Float32Array.of(0.5, 0.25),
      predictedChange: 0.125,
    },
  ],
})

export const secondsOf = (step: number, total = 2): StepSeconds => ({
  step,
  sample: total / 2,
  score: total / 8,
  update: total / 4,
  operators: total / 8,
  total,
  residentBytes: 1e8,
})

export const timedStep = (step: number, entropy: number, outcome?: UpdateReport): TimedStep => ({
  report: reportOf(step, entropy, outcome),
  seconds: secondsOf(step),
})

/** The same step as the logs hold it. */
export const loggedStep = (step: number, entropy: number, outcome?: UpdateReport): LoggedStep => ({
  metrics: stepMetrics(reportOf(step, entropy, outcome)),
  seconds: secondsOf(step),
})
