/**
 * Trains with a verifier of your own: the verdict of the task, and a reward of -0.5 instead of -1 for a wrong answer that
 * uses the right numbers.
 *
 * Run: npm run build && node dist/examples/own-verifier.js [STEPS]
 */
import { finalize, from, map } from 'rxjs'
import { orThrow, trainingPipeline, type Verifier } from 'entrain'
import { constantBand, grpo, ppoClip } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const numbersIn = (text: string): string => (text.match(/\d+/g) ?? []).sort().join(' ')

const partialCredit =
  (verifier: Verifier): Verifier =>
  (prompt, completion) => {
    const usesTheNumbers = numbersIn(completion.text) === numbersIn(prompt.reference.split('=')[0]!)
    return from(verifier(prompt, completion)).pipe(
      map(({ value, correct }) => ({ value: correct ? value : usesTheNumbers ? -0.5 : -1, correct })),
    )
  }

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
const train = trainingPipeline({ estimator: grpo(), objective: ppoClip() })

train(
  { ...task, ...model, verifier: partialCredit(task.verifier), prompts: task.prompts('train', 7) },
  {
    band: constantBand({ low: 0.4, high: 0.5 }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps: Number(process.argv[2] ?? 20),
  },
)
  .pipe(finalize(() => void model.close()))
  .subscribe(({ step, reward }) => console.log(`step ${step}: mean reward ${reward.mean.toFixed(3)}`))
