import { of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { truncate } from '#lib/objective/corrections.js'
import { correctMismatch } from '#operators/correct-mismatch.js'
import { aFilteredBatch } from '#testing.js'
import { keepsTheLaws } from './laws.js'

describe('correctMismatch', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => correctMismatch(truncate(2)),
      // Sampler and learner agree on every log-probability, and padding is 0 in both: every weight is 1.
      reactions: [0, 1].map((step) => {
        const input = aFilteredBatch(step, [1, -1])
        return { input, outputs: [{ ...input, importance_BT: Float32Array.of(1, 1, 1, 1) }] }
      }),
      callbacks: { correction: (correction) => correctMismatch(correction) },
    })
  })

  const batch = aFilteredBatch(4, [1, -1])
  /** The log-probs of sampling are of a truncated distribution, and those before truncation equal the scores. */
  const truncated = {
    ...batch,
    responses: batch.responses.map(({ completion, ...response }) => ({
      ...response,
      completion: {
        ...completion,
        logprobs_T: completion.logprobs_T.map((logprob) => logprob / 2),
        untruncatedLogprobs_T: completion.logprobs_T,
      },
    })),
  }
  const outputsOf = (input: typeof batch, how: { readonly topK?: number; readonly topP?: number }) => {
    const seen: unknown[] = []
    of(input)
      .pipe(correctMismatch(truncate(2), how))
      .subscribe({ next: (output) => seen.push(output), error: (error: unknown) => seen.push(error) })
    return seen
  }

  it.each([{ topK: 5 }, { topP: 0.9 }])('compares the log-probs before truncation: %o', (how) => {
    expect(outputsOf(truncated, how)).toEqual([{ ...truncated, importance_BT: Float32Array.of(1, 1, 1, 1) }])
  })

  it.each([{ topK: 5 }, { topP: 0.9 }])('fails without them: %o', (how) => {
    expect(outputsOf(batch, how)).toMatchObject([
      {
        _tag: 'BrokenInvariant',
        message: expect.stringMatching(
          /^step 4, prompt .*: found a completion without untruncatedLogprobs_T, expected it, because top-k or top-p is on/,
        ) as string,
      },
    ])
  })
})
