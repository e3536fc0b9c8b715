import { Document } from 'yaml'
import { trainDefaults } from '../../../cli/config/train-config.js'
import { runFiles } from '../../../lib/run/run-folder.js'
import type { StepEvaluation } from '../../../lib/run/step-evaluation.js'
import type { StepMetrics } from '../../../lib/run/step-metrics.js'
import type { StepRollouts } from '../../../lib/run/step-rollouts.js'
import type { RunServer } from '../../../lib/control/run-state.js'
import type { RunSummary } from '../../../lib/run/summary.js'
import type { StepSeconds } from '../../../lib/timing/step-seconds.js'

const STEPS = 6

const metricsOf = (step: number): StepMetrics => ({
  step,
  version: step + 1,
  status: 'updated',
  entropy: 0.6 - step / 50,
  scoreMethod: 'exact',
  entropyError: 0,
  low: 0.5,
  high: 0.6,
  drift: 0,
  outsideLimit: step === 5 ? 'below' : null,
  steered:
    step === 2
      ? [
          { step: 0, band: { low: 0.4, high: 0.5 } },
          { step: 4, band: { low: 0.3, high: 0.5 } },
        ]
      : null,
  measuredChange: step === 0 ? null : -0.02,
  predictedChange: -0.01,
  predictedChangeAccepted: -0.02,
  reward: -0.5 + step / 10,
  correct: 0.25 + step / 20,
  accepted: { positive: 60, zero: 70, negative: 126 },
  rejected: { positive: 0, zero: 0, negative: 0 },
  excluded: 0,
  truncated: 0.25,
  tokensSampled: 2000,
  tokensTrained: 2000,
  logLikelihood: -0.6,
  logLikelihoodPositive: -0.4,
  logLikelihoodNegative: -0.6,
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
  kl: 0.0002,
  ratioMin: 1,
  ratioMax: 1,
  failures: 1,
  failureKinds: [{ tag: 'VerifierThrew', count: 1, message: 'no answer' }],
  faults: { 'no-answer': 0, malformed: 0, 'timed-out': 0, 'out-of-memory': 0 },
  groups: 32,
  failedGroups: 0,
  zeroVarianceGroups: 9,
  discardedGroups: 0,
  staleGroups: 0,
  staleness: 0,
  stalenessMax: 0,
  filter: { gain: 1, history: [0.1, null] },
  controller: null,
})

const secondsOf = (step: number): StepSeconds => ({
  step,
  sample: 0.14,
  score: 0.01,
  update: 0.28,
  operators: 0.005,
  total: 0.435,
  residentBytes: 4e8,
})

const estimate = { value: 0.5, low: 0.4, high: 0.6 }
const evaluation = {
  prompts: 128,
  samples: 1024,
  meanAtK: estimate,
  passAtK: { '2': estimate, '8': { value: 0.8, low: 0.7, high: 0.9 } },
  majAtK: null,
  meanTokens: 7.4,
  truncated: 0.125,
}
const evaluationOf = (step: number): StepEvaluation => ({ step, ...evaluation })

const rolloutsOf = (step: number): StepRollouts => ({
  step,
  scoreMethod: 'exact',
  rollouts: [
    {
      prompt: '3 5 7 = 15 ?',
      tokens: ['3', '+', '5', ''],
      entropy: [0.9, 0.2, 0.6, 0.01],
      finish: 'stop',
      reward: 1,
      correct: true,
      fault: null,
      advantage: 0.87,
      accepted: true,
      predictedChange: -0.012,
    },
  ],
})

const summary: RunSummary = {
  task: 'countdown',
  algorithm: 'grpo',
  seed: 1,
  engine: 'onnx',
  status: 'finished',
  failure: null,
  planned: STEPS,
  steps: STEPS,
  skipped: 0,
  refused: { 'gradient-spike': 1 },
  prompts: { issued: 96, trained: 90, stale: 2, failed: 1, discarded: 0, unfinished: 3 },
  limitBreach: { steps: 1, step: 5, entropy: 0.1, side: 'below' },
  inBandShare: 0.9,
  stepSeconds: 0.4,
  secondsByStage: { sample: 0.8, score: 0.1, update: 1.7, operators: 0.1, total: 2.7 },
  base: evaluation,
  trained: evaluation,
  compared: {
    algorithm: 'grpo',
    status: 'finished',
    inBandShare: null,
    trained: evaluation,
    difference: { meanAtK: estimate, passAtK: { '2': estimate } },
  },
}

const servers: readonly RunServer[] = [
  { name: 'http://10.0.0.7:8000', work: 'samples', state: 'ready', version: 8, tokensPerSecond: 641.5, waiting: 4 },
  { name: 'http://10.0.0.8:8000', work: 'trains', state: 'away', version: 7, tokensPerSecond: 0, waiting: 0 },
]

const linesOf = (line: (step: number) => unknown): string =>
  Array.from({ length: STEPS }, (_, step) => `${JSON.stringify(line(step))}\n`).join('')

/** Configuration of a run as it stands in its folder. */
export const configurationOf = (changes: object): string =>
  new Document({ ...trainDefaults, steps: STEPS, ...changes }).toString()

/** Files of a run folder by name. */
export const runFolder: Readonly<Record<string, string>> = {
  [runFiles.config]: configurationOf({}),
  [runFiles.metrics]: linesOf(metricsOf),
  [runFiles.timings]: linesOf(secondsOf),
  [runFiles.evaluations]: linesOf(evaluationOf),
  [runFiles.rollouts]: linesOf(rolloutsOf),
  [runFiles.summary]: JSON.stringify(summary, null, 2),
  [runFiles.servers]: JSON.stringify(servers),
}
