import type { RunPlan } from '#bench/paper/plan.js'
import { digitsOf, monitorNames, type Monitors, type RunRecord } from '#bench/paper/record.js'

/** Plan of a run that no model makes. */
export const aPlan = (changes: Partial<RunPlan> = {}): RunPlan => ({
  task: 'countdown',
  model: { kind: 'bundled', name: 'countdown', digest: '0123456789ab' },
  algorithm: 'grpo',
  options: {},
  filter: 'everything',
  revision: 1,
  learningRate: 1e-4,
  steps: 30,
  prompts: 4,
  group: 4,
  maxTokens: 12,
  band: { schedule: 'linear', from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 } },
  seed: 11,
  evaluation: { every: 10, questions: 3, samples: 16 },
  klEvery: 10,
  ...changes,
})

/** Record of a run whose entropy is `entropyAt` each step, and whose questions have `rightAt` right samples. */
export const aRecord = (
  plan: RunPlan,
  entropyAt: (step: number) => number = () => 0.5,
  rightAt: (step: number, question: number) => number = () => 8,
): RunRecord => {
  const { steps, evaluation } = plan
  const every = evaluation?.every ?? 1
  const evaluated =
    evaluation === null ? [] : steps === 0 ? [0] : Array.from({ length: steps / every }, (_, i) => every * (i + 1))
  const monitors = Object.fromEntries(monitorNames.map((name) => [name, Array.from({ length: steps }, () => 0.5)]))
  return {
    plan,
    entropy: Array.from({ length: steps }, (_, step) => entropyAt(step)),
    skipped: 0,
    monitors: { every: 1, values: monitors as unknown as Monitors['values'] },
    kl: Array.from({ length: Math.ceil(steps / 10) }, () => 0.01),
    evaluations: evaluated.map((step) => ({
      step,
      right: digitsOf(Array.from({ length: evaluation?.questions ?? 0 }, (_, question) => rightAt(step, question))),
    })),
    seconds: 1,
  }
}
