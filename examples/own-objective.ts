/**
 * Trains with an objective of your own: a smooth trust region in place of the clip of PPO. The gradient of a token fades
 * as its ratio leaves 1; at a ratio of 1 it equals the policy gradient.
 *
 *     loss = -A 4 / k sigmoid( k (ratio - 1) )
 *
 * Run: npm run build && node dist/examples/own-objective.js [STEPS]
 */
import { finalize } from 'rxjs'
import { orThrow, trainingPipeline } from 'entrain'
import { batchUse, constantBand, grpo, type Objective } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'
import { countdown } from 'entrain/rewards'
import { exp, mul, neg, scalar, sigmoid, sub } from 'entrain/tensor'

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
const train = trainingPipeline({ estimator: grpo(), objective: softTrust() })

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
