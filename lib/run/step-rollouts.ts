import * as t from 'io-ts'
import type { Example, StepReport } from '../report/step-report.js'
import { pieces } from '../tokenizer/pieces.js'
import type { Tokenizer } from '../tokenizer/tokenizer.js'

/**
 * Some rollouts of one training step, to be read by people: a line of `rollouts.jsonl`.
 *
 * @units entropy in nats, rounded to 1e-4; `predictedChange` in nats per unit learning rate, summed over the tokens
 */
export const StepRolloutsCodec = t.readonly(
  t.type(
    {
      step: t.number,
      rollouts: t.readonlyArray(
        t.readonly(
          t.type({
            prompt: t.string,
            /** Text of each token; see {@link pieces}. */
            tokens: t.readonlyArray(t.string),
            /** Of the learner policy at each token. */
            entropy: t.readonlyArray(t.number),
            finish: t.union([t.literal('stop'), t.literal('length')]),
            reward: t.number,
            correct: t.boolean,
            /** What a wrong completion lacks; null where an answer was compared. */
            fault: t.union([t.string, t.null]),
            /** Null where the estimator excluded it. */
            advantage: t.union([t.number, t.null]),
            accepted: t.boolean,
            predictedChange: t.number,
          }),
        ),
      ),
    },
    'StepRollouts',
  ),
)

export type StepRollouts = t.TypeOf<typeof StepRolloutsCodec>
export type Rollout = StepRollouts['rollouts'][number]

export const stepRollouts = ({ step, examples }: StepReport, tokenizer: Tokenizer): StepRollouts => ({
  step,
  rollouts: examples.map((example) => rolloutOf(example, tokenizer)),
})

const rolloutOf = (
  { response: { prompt, completion, reward }, advantage, accepted, entropy_T, predictedChange }: Example,
  tokenizer: Tokenizer,
): Rollout => ({
  prompt: prompt.text,
  tokens: pieces(tokenizer, completion.tokens),
  entropy: Array.from(entropy_T, (nats) => Math.round(nats * 1e4) / 1e4),
  finish: completion.finish,
  reward: reward.value,
  correct: reward.correct,
  fault: reward.fault ?? null,
  advantage: Number.isNaN(advantage) ? null : advantage,
  accepted,
  predictedChange,
})
