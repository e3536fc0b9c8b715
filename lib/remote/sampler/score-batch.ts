import { defer, from, map, mergeMap, type Observable, throwError, toArray } from 'rxjs'
import { sampledScores } from '../../entropy/scores/sampled-scores.js'
import { type TopLogprobs, topKScores } from '../../entropy/scores/top-k-scores.js'
import { checkTokens } from '../../policy/check-group.js'
import type { Batch, Response } from '../../rollout/batch.js'
import type { Scores } from '../../rollout/scores.js'
import { ServerError } from '../http/server-error.js'
import type { SamplerContext } from './sample-prompts.js'
import type { WireScores } from './wire.js'

/**
 * Scores a batch by the log-probs that a server returns for given tokens, one request for each response, all with the same weights.
 *
 * @shape [B, T]
 * @units nats
 * @errors ServerError, unfit for a temperature other than 1; PipelineError BrokenInvariant for tokens outside the vocabulary
 */
export const scoreBatch = (
  { wire, tokenizer, withWeights, inSlot }: SamplerContext,
  batch: Batch,
  temperature: number,
  scores: 'sampled' | { readonly topK: number },
): Observable<Scores> =>
  defer(() => {
    if (temperature !== 1) return throwError(() => otherTemperature(wire.name, temperature))
    checkTokens(batch.responses, tokenizer.vocabulary, `policy.score, step ${batch.step}`)
    const top = scores === 'sampled' ? 0 : Math.min(scores.topK, tokenizer.vocabulary)
    return withWeights(({ version, loaded }) =>
      from(batch.responses).pipe(
        mergeMap((response, row) =>
          inSlot(wire.score({ tokens: tokensOf(response), top, weights: loaded?.name ?? null })).pipe(
            map((scored) => ({ row, scored })),
          ),
        ),
        toArray(),
        map((rows) =>
          rows.sort((a, b) => a.row - b.row).map(({ row, scored }) => ofCompletion(batch.responses[row]!, scored)),
        ),
        map((rows) =>
          top === 0
            ? sampledScores(
                batch,
                version,
                rows.map(({ logprobs_T }) => logprobs_T),
              )
            : topKScores(batch, version, {
                logprobs: rows.map(({ logprobs_T }) => logprobs_T),
                top: rows.map((row) => toTopLogprobs(row, top)),
                k: top,
                vocabulary: tokenizer.vocabulary,
              }),
        ),
      ),
    )
  })

const otherTemperature = (server: string, temperature: number): ServerError =>
  new ServerError(
    'unfit',
    server,
    `the score temperature ${temperature}`,
    'the score temperature 1, because a server scores given tokens at no other; or a local learner, which scores at any',
  )

const tokensOf = ({ prompt, completion }: Response): readonly number[] => [...prompt.tokens, ...completion.tokens]

const ofCompletion = ({ prompt }: Response, { logprobs_T, top_T }: WireScores): WireScores => ({
  logprobs_T: logprobs_T.slice(prompt.tokens.length),
  top_T: top_T.slice(prompt.tokens.length),
})

const toTopLogprobs = ({ top_T }: WireScores, k: number): TopLogprobs => {
  const tops = top_T.flatMap((top) => top.slice(0, k))
  return { tokens_TK: tops.map(({ token }) => token), logprobs_TK: tops.map(({ logprob }) => logprob) }
}
