/**
 * An objective of your own: instead of a clip, a ratio whose pull fades smoothly as it leaves 1.
 *
 *     loss = -A 4 / k sigmoid( k (ratio - 1) )        its slope at a ratio of 1 is that of the policy gradient
 *
 *     npm run build && node dist/examples/own-objective.js [STEPS]
 */
import {
  batchUse,
  constantBand,
  constantRate,
  countdown,
  grpo,
  type Objective,
  orThrow,
  tensor,
  trainingPipeline,
} from 'entrain'
import { openLocal } from 'entrain/node'

const { exp, mul, neg, scalar, sigmoid, sub } = tensor

const softTrust = (k = 8): Objective => ({
  name: 'soft-trust',
  ...batchUse({ minibatches: 4 }),
  loss: ({ logprobs_BT, oldLogprobs_BT, advantages_BT }) => {
    const ratio_BT = exp(sub(logprobs_BT, oldLogprobs_BT))
    const pull_BT = mul(scalar(4 / k), sigmoid(mul(scalar(k), sub(ratio_BT, scalar(1)))))
    return { loss_BT: neg(mul(advantages_BT, pull_BT)), ratio_BT }
  },
})

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))

trainingPipeline({ estimator: grpo(), objective: softTrust() })(
  { ...task, ...model, prompts: task.prompts('train', 7) },
  {
    band: constantBand({ low: 0.4, high: 0.5 }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps: Number(process.argv[2] ?? 20),
  },
).subscribe({
  next: ({ step, reward }) => console.log(`step ${step}: ${(100 * reward.correct).toFixed(0)}% correct`),
  complete: () => void model.close(),
})
