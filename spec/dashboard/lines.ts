import type { Logs, RunInfo } from '../../dashboard/feed.js'
import type { Rollout } from '../../lib/run/step-rollouts.js'

/** Synthetic log lines. Every number is a function of the step. */

const wave = (step: number, period: number): number => Math.sin((2 * Math.PI * step) / period)

export const bandAt = (step: number): { low: number; high: number } => {
  const low = Math.max(0.3, 0.5 - step / 300)
  return { low, high: low + 0.1 }
}

/** Points of the plan that {@link bandAt} is: it falls until step 60. */
const planOf = (planned: number): RunInfo['band'] =>
  [...new Set(planned === 0 ? [] : [0, Math.min(60, planned - 1), planned - 1])].map((step) => ({
    step,
    band: bandAt(step),
  }))

export const metricsLine = (step: number, more: Partial<Logs['metrics']> = {}): Logs['metrics'] => {
  const { low, high } = bandAt(step)
  const entropy = (low + high) / 2 + 0.07 * wave(step, 17)
  return {
    step,
    version: step + 1,
    status: 'updated',
    entropy,
    scoreMethod: 'exact',
    entropyError: 0,
    low,
    high,
    drift: entropy > high ? 1 : entropy < low ? -1 : 0,
    outsideLimit: null,
    steered: null,
    measuredChange: step === 0 ? null : 0.01 * wave(step, 17),
    predictedChange: -0.01 * wave(step, 17),
    predictedChangeAccepted: -0.02 * wave(step, 17),
    reward: Math.min(0.8, -0.5 + step / 100) + 0.1 * wave(step, 5),
    correct: Math.min(0.9, 0.25 + step / 200) + 0.05 * wave(step, 5),
    accepted: { positive: 60, zero: 70, negative: entropy > high ? 0 : 126 },
    rejected: { positive: 0, zero: 0, negative: entropy > high ? 126 : 0 },
    excluded: 0,
    truncated: 0.25,
    tokensSampled: 2000,
    tokensTrained: 2000,
    logLikelihood: -entropy,
    logLikelihoodPositive: -0.38 - 0.02 * wave(step, 7),
    logLikelihoodNegative: -0.6 - 0.03 * wave(step, 9),
    logBaseline: -5.4,
    aboveBaseline: 0.78,
    klToSampler: 0.0001,
    samplerRatioMin: 1,
    samplerRatioMax: 1,
    samplerDifferenceMean: 0.001,
    samplerDifferenceMax: 0.02,
    effectiveSampleSize: 0.999,
    klToReference: null,
    effectiveBatch: 256,
    optimizerSteps: 1,
    learningRate: 1e-4,
    loss: 0.01,
    gradientNorm: 0.4,
    clipFraction: 0,
    clipFractionLow: 0,
    clipFractionHigh: 0,
    markedFraction: 0,
    kl: 0.0002 + 0.0001 * wave(step, 11),
    ratioMin: 1,
    ratioMax: 1,
    failures: 0,
    failureKinds: [],
    faults: { 'no-answer': 0, malformed: 0, 'timed-out': 0, 'out-of-memory': 0 },
    groups: 32,
    failedGroups: 0,
    zeroVarianceGroups: 9,
    discardedGroups: 0,
    staleGroups: 0,
    staleness: 0,
    stalenessMax: 0,
    filter: null,
    controller: null,
    ...more,
  }
}

export const secondsLine = (step: number, more: Partial<Logs['timings']> = {}): Logs['timings'] => ({
  step,
  sample: 0.14 + 0.02 * wave(step, 13),
  score: 0.01,
  update: 0.28 + 0.02 * wave(step, 19),
  operators: 0.005,
  total: 0.435,
  residentBytes: 4e8 + 1e6 * step,
  ...more,
})

export const evaluationLine = (step: number, value: number): Logs['evaluations'] => ({
  step,
  prompts: 128,
  samples: 1024,
  meanAtK: { value, low: value - 0.06, high: value + 0.06 },
  passAtK: { '8': { value: 0.8, low: 0.7, high: 0.9 } },
  majAtK: null,
  meanTokens: 7.4,
  truncated: 0.125,
})

export const runInfo = (more: Partial<RunInfo> = {}): RunInfo => ({
  run: 0,
  name: 'countdown',
  heading: 'entrocraft-predicted on countdown, seed 0',
  planned: 60,
  band: planOf(more.planned ?? 60),
  folder: 'runs/countdown',
  steerable: true,
  ...more,
})

export const rollout = (more: Partial<Rollout> = {}): Rollout => ({
  prompt: '3 5 7 = 15 ?',
  tokens: ['3', '+', '5', '+', '7', ''],
  entropy: [0.9, 0.2, 0.6, 0.1, 0.05, 0.01],
  finish: 'stop',
  reward: 1,
  correct: true,
  fault: null,
  advantage: 0.87,
  accepted: true,
  predictedChange: -0.012,
  ...more,
})

export const upTo = <Line>(count: number, line: (step: number) => Line): readonly Line[] =>
  Array.from({ length: count }, (_, step) => line(step))
