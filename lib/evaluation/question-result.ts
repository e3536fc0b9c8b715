import * as E from 'fp-ts/lib/Either.js'
import { isSameText } from '../reward/math/answer.js'
import type { RewardedGroup } from '../rollout/rollout-group.js'
import { sum } from '../statistics.js'
import type { QuestionResult } from './evaluation.js'
import { majAtK, type Sample } from './maj-at-k.js'

/**
 * Returns the result of one question from its group of samples. A completion without a verdict counts as incorrect. For
 * the majority, answers with the same value are one answer, such as `\sqrt{8}` and `2\sqrt{2}`.
 */
export const questionResult = ({ completions, rewards_G }: RewardedGroup): QuestionResult => ({
  n: completions.length,
  c: rewards_G.filter((verdict) => E.isRight(verdict) && verdict.right.correct).length,
  majority: rewards_G.some(hasAnswer) ? majAtK(rewards_G.map(sampleOf), isSameText) : null,
  tokens: sum(completions.map(({ tokens }) => tokens.length)),
  truncated: completions.filter(({ finish }) => finish === 'length').length,
})

type Verdict = RewardedGroup['rewards_G'][number]

const hasAnswer = (verdict: Verdict): boolean => E.isRight(verdict) && verdict.right.answer !== undefined

const sampleOf = (verdict: Verdict): Sample =>
  E.isRight(verdict)
    ? { answer: verdict.right.answer ?? null, correct: verdict.right.correct }
    : { answer: null, correct: false }
