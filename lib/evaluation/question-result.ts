import * as E from 'fp-ts/lib/Either.js'
import type { RewardedGroup } from '../rollout/rollout-group.js'
import type { QuestionResult } from './evaluation.js'

/** What a judged group says of its question. A completion without a verdict counts as not correct. */
export const questionResult = ({ completions, rewards_G }: RewardedGroup): QuestionResult => ({
  n: completions.length,
  c: rewards_G.filter((verdict) => E.isRight(verdict) && verdict.right.correct).length,
  tokens: completions.reduce((sum, { tokens }) => sum + tokens.length, 0),
})
