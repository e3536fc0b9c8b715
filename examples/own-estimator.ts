/**
 * Trains with an advantage estimator of your own: each reward minus the median of its group. One lucky answer then
 * changes no other advantage.
 *
 * Run: npm run build && node dist/examples/own-estimator.js [STEPS]
 */
import { finalize } from 'rxjs'
import { orThrow, trainingPipeline } from 'entrain'
import { constantBand, type Estimator, ppoClip } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
}

const medianBaseline: Estimator = {
  name: 'median-baseline',
  scope: 'group',
  rewards: 'any',
  advantages: (rewards_G) => rewards_G.map((reward) => reward - median(rewards_G)),
}

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
const train = trainingPipeline({ estimator: medianBaseline, objective: ppoClip() })

train(
  { ...task, ...model, prompts: task.prompts('train', 7) },
  {
    band: constantBand({ low: 0.4, high: 0.5 }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps: Number(process.argv[2] ?? 20),
  },
)
  .pipe(finalize(() => void model.close()))
  .subscribe(({ step, reward }) => console.log(`step ${step}: ${(100 * reward.correct).toFixed(0)}% correct`))
