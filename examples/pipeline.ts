/**
 * Trains the bundled checkpoint with the pipeline of the Entrocraft paper, stage by stage, and prints entropy and reward
 * of each step.
 *
 * Run: npm run build && node dist/examples/pipeline.js [STEPS]
 */
import { finalize, take } from 'rxjs'
import {
  advantage,
  createDemand,
  entropyControl,
  gpuSink,
  monitorEntropy,
  orThrow,
  prompts,
  rejectionFilter,
  reward,
  rollout,
  samplingDefaults,
  toBatches,
} from 'entrain'
import { grpo, linearBand, ppoClip, sign } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const steps = Number(process.argv[2] ?? 100)
const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))

const sampling = { ...samplingDefaults, maxTokens: task.maxTokens, seed: 7 }
const demand = createDemand({ prompts: 32, inFlight: 1 })
const control = entropyControl(linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps }))

control.state$.subscribe(({ step, entropy, drift }) =>
  console.log(`batch ${step}: ${entropy.toFixed(3)} nats, ${drift}`),
)

prompts(task.prompts('train', 7), demand)
  .pipe(
    take(steps),
    rollout(model.policy, sampling), //              8 completions of each prompt
    reward(task.verifier), //                        +1 for a correct completion, -1 for a wrong one
    advantage(grpo()), //                            reward against the mean of its group
    toBatches(demand), //                            all groups of one step
    monitorEntropy(model.policy, control), //        publishes control.state$
    rejectionFilter(control.state$, sign()), //      Algorithm 1
    gpuSink(model.learner, ppoClip(), demand), //    one optimiser step
    finalize(() => void model.close()),
  )
  .subscribe(({ step, reward }) => console.log(`step ${step}: ${(100 * reward.correct).toFixed(0)}% correct`))
