import * as t from 'io-ts'
import { nullIfMissing } from '../codec/nullable.js'
import { ScoreMethodCodec } from '../codec/value/scores.js'
import type { Example, StepReport } from '../report/step-report.js'
import { tokenTexts } from '../tokenizer/token-texts.js'
import type { Tokenizer } from '../tokenizer/tokenizer.js'

/**
 * Codec of a line of `rollouts.jsonl`: some rollouts of one training step, for people to read.
 *
 * @units entropy in nats, rounded to 1e-4; `predictedChange` in nats per unit learning rate, summed over the tokens
 */
export const StepRolloutsCodec = t.readonly(
  t.type(
    {
      step: t.number,
      /** Way in which the scores were made; null in logs of earlier versions, whose scores are exact. */
      scoreMethod: nullIfMissing(ScoreMethodCodec),
      rollouts: t.readonlyArray(
        t.readonly(
          t.type({
            prompt: t.string,
            /** Text of each token; see {@link tokenTexts}. */
            tokens: t.readonlyArray(t.string),
            /** Entropy of the learner policy at each token; its surprise, -log p, where the scores are sampled. */
            entropy: t.readonlyArray(t.number),
            finish: t.union([t.literal('stop'), t.literal('length')]),
            reward: t.number,
            correct: t.boolean,
            /** Reason why a completion is wrong without a comparison, such as a missing answer; null if its answer was compared. */
            fault: t.union([t.string, t.null]),
            /** Advantage; null if the estimator excluded the response. */
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

/** Some rollouts of one training step. */
export type StepRollouts = t.TypeOf<typeof StepRolloutsCodec>
/** One of the rollouts of a training step. */
export type Rollout = StepRollouts['rollouts'][number]

/** Returns the example rollouts of a step report with the text of their tokens. */
export const stepRollouts = ({ step, entropy, examples }: StepReport, tokenizer: Tokenizer): StepRollouts => ({
  step,
  scoreMethod: entropy.scoreMethod,
  rollouts: examples.map((example) => rolloutOf(example, tokenizer)),
})

const rolloutOf = (
  { response: { prompt, completion, reward }, advantage, accepted, entropy_T, predictedChange }: Example,
  tokenizer: Tokenizer,
): Rollout => ({
  prompt: prompt.text,
  tokens: tokenTexts(tokenizer, completion.tokens),
  entropy: Array.from(entropy_T, (nats) => Math.round(nats * 1e4) / 1e4),
  finish: completion.finish,
  reward: reward.value,
  correct: reward.correct,
  fault: reward.fault ?? null,
  advantage: Number.isNaN(advantage) ? null : advantage,
  accepted,
  predictedChange,
})
