/**
 * Trains with a rejection filter of your own: Algorithm 1 of the Entrocraft paper, except that a response which pushes
 * entropy out of its band is accepted with a small probability instead of never.
 *
 * Run: npm run build && node dist/examples/own-filter.js [STEPS]
 */
import { finalize } from 'rxjs'
import { orThrow, trainingPipeline } from 'entrain'
import { admitResponses, type Filter, grpo, linearBand, ppoClip, uniform } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const softSign = (chance: number): Filter => ({
  name: 'soft-sign',
  rewards: 'any',
  admit: (state, batch) => {
    const pushesBack = (b: number) => state.drift * batch.advantages_B[b]! >= 0
    return admitResponses(state, batch, (b) => pushesBack(b) || uniform(7, batch.step, b) < chance)
  },
})

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
const train = trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: softSign(0.1) })
const steps = Number(process.argv[2] ?? 20)

train(
  { ...task, ...model, prompts: task.prompts('train', 7) },
  {
    band: linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps,
  },
)
  .pipe(finalize(() => void model.close()))
  .subscribe(({ step, rejected: { positive, negative } }) =>
    console.log(`step ${step}: ${positive + negative} rejected`),
  )
