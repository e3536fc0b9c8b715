import { from, lastValueFrom } from 'rxjs'
import type { Policy } from '../../policy/policy.js'
import type { Batch } from '../../rollout/batch.js'
import type { KnownSequence } from '../remote-policy.js'

/** Longest part of a prompt that is scored after each publication. A server of vLLM gets a request for each token. @units tokens */
const LONGEST = 16

/** Returns the tokens by which deliveries are checked: the beginning of a prompt, with a token that has tokens before it. */
export const knownTokens = (prompt: readonly number[]): readonly number[] =>
  prompt.length > 1 ? prompt.slice(0, LONGEST) : [...prompt, ...prompt]

/** Scores the known tokens by the newest weights of a policy. */
export const scoreKnown = async (
  policy: Pick<Policy, 'score'>,
  tokens: readonly number[],
): Promise<Pick<KnownSequence, 'tokens' | 'logprobs_T'> & { readonly version: number }> => {
  const { version, logprobs_BT } = await lastValueFrom(from(policy.score(batchOfKnown(tokens))))
  return { tokens, version, logprobs_T: Float32Array.of(0, ...logprobs_BT) }
}

/** Batch whose only completion is the known tokens after the first, because the first has no log-prob. */
const batchOfKnown = ([first, ...rest]: readonly number[]): Batch => ({
  step: 0,
  responses: [
    {
      prompt: { id: 'known', text: '', tokens: [first!], reference: '' },
      completion: {
        tokens: Int32Array.from(rest),
        logprobs_T: new Float32Array(rest.length),
        text: '',
        finish: 'length',
        version: 0,
      },
      reward: { value: 0, correct: false },
      group: 0,
    },
  ],
  advantages_B: new Float32Array(1),
  width: rest.length,
  failures: [],
  zeroVarianceGroups: 0,
  discardedGroups: 0,
})
