/**
 * The pipeline of the paper, stage by stage, on the checkpoint that comes with entrain.
 *
 *     npm run build && node dist/examples/pipeline.js [STEPS]
 */
import { take } from 'rxjs'
import {
  advantage,
  createDemand,
  entropyControl,
  gpuSink,
  monitorEntropy,
  prompts,
  rejectionFilter,
  reward,
  rollout,
  samplingDefaults,
  toBatches,
} from 'entrain'
import { grpo, linearBand, ppoClip, sign } from 'entrain/algorithms'
import { countdown } from 'entrain/rewards'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'

const steps = Number(process.argv[2] ?? 100)
const task = countdown()
const { policy, learner, close } = await openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) })

const sampling = { ...samplingDefaults, maxTokens: task.maxTokens, seed: 7 }
const demand = createDemand({ prompts: 32, inFlight: 1 })
const control = entropyControl(linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps }))

const reports$ = prompts(task.prompts('train', 7), demand).pipe(
  take(steps),
  rollout(policy, sampling), //                  8 completions a prompt
  reward(task.verifier), //                      +1 right, -1 wrong
  advantage(grpo()), //                          against the group
  toBatches(demand),
  monitorEntropy(policy, control), //            publishes control.state$
  rejectionFilter(control.state$, sign()), //    Algorithm 1
  gpuSink(learner, ppoClip(), demand),
)

control.state$.subscribe(({ step: batch, entropy, drift }) =>
  console.log(`batch ${batch}: ${entropy.toFixed(3)} nats, ${drift}`),
)
reports$.subscribe({
  next: ({ step, reward }) => console.log(`step ${step}: ${(100 * reward.correct).toFixed(0)}% correct`),
  complete: () => void close(),
})
