/**
 * A verifier of your own: the task's verdict, and half a point for an answer that at least uses the right numbers.
 *
 *     npm run build && node dist/examples/own-verifier.js [STEPS]
 */
import { trainingPipeline, type Verifier } from 'entrain'
import { constantBand, grpo, ppoClip } from 'entrain/algorithms'
import { countdown } from 'entrain/rewards'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'
import { from, map } from 'rxjs'

const numbersIn = (text: string): string => (text.match(/\d+/g) ?? []).sort().join(' ')

const partialCredit =
  (verifier: Verifier): Verifier =>
  (prompt, completion) => {
    const close = numbersIn(completion.text) === numbersIn(prompt.reference.split('=')[0]!)
    return from(verifier(prompt, completion)).pipe(
      map(({ value, correct }) => ({ value: correct ? value : close ? -0.5 : -1, correct })),
    )
  }

const task = countdown()
const model = await openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) })
const train = trainingPipeline({ estimator: grpo(), objective: ppoClip() })

train(
  { ...task, ...model, verifier: partialCredit(task.verifier), prompts: task.prompts('train', 7) },
  {
    band: constantBand({ low: 0.4, high: 0.5 }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps: Number(process.argv[2] ?? 20),
  },
).subscribe({
  next: ({ step, reward }) => console.log(`step ${step}: mean reward ${reward.mean.toFixed(3)}`),
  complete: () => void model.close(),
})
