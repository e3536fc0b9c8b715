import * as t from 'io-ts'
import { nullable } from '../../codec/nullable.js'
import { type Size, record } from '../../codec/record.js'
import { type LogprobAndToken, LogprobAndTokenCodec, nonEmpty } from '../sampler/token-codecs.js'
import type { TopToken, WireCompletion, WireScores } from '../sampler/wire.js'

const TopCodec = t.readonlyArray(nullable(t.readonlyArray(LogprobAndTokenCodec)))

/** Sizes of the lists of most probable tokens; a server leaves the list out when none are asked for. */
const topSize = (
  field: string,
  found: readonly unknown[] | null | undefined,
  expected: number,
  top: number,
): readonly Size[] => (top === 0 ? [] : [{ field, found: found?.length ?? 0, expected, because: 'one for each token' }])

/** Codec of the answer to a request for one completion. */
export const generateCodec = (top: number) =>
  record(
    t.type({
      meta_info: t.intersection([
        t.type({
          finish_reason: t.type({ type: t.keyof({ stop: null, length: null }) }),
          output_token_logprobs: nonEmpty(LogprobAndTokenCodec),
        }),
        t.partial({ output_top_logprobs: nullable(TopCodec), weight_version: nullable(t.string) }),
      ]),
    }),
    ({ meta_info: { output_token_logprobs, output_top_logprobs } }) =>
      topSize('meta_info.output_top_logprobs', output_top_logprobs, output_token_logprobs.length, top),
  )

/** Answer to a request for one completion. */
export type Generated = t.TypeOf<ReturnType<typeof generateCodec>>

/** Returns the completion of an answer. */
export const toCompletion = ({ meta_info }: Generated): WireCompletion => ({
  tokens: meta_info.output_token_logprobs.map(([, token]) => token),
  logprobs_T: meta_info.output_token_logprobs.map(([logprob]) => logprob ?? 0),
  top_T: (meta_info.output_top_logprobs ?? []).map(toTop),
  finish: meta_info.finish_reason.type,
})

/** Codec of the answer to a request that scores the tokens of its input. */
export const inputLogprobsCodec = (tokens: readonly number[], top: number) =>
  record(
    t.type({
      meta_info: t.intersection([
        t.type({ input_token_logprobs: t.readonlyArray(LogprobAndTokenCodec) }),
        t.partial({ input_top_logprobs: nullable(TopCodec), weight_version: nullable(t.string) }),
      ]),
    }),
    ({ meta_info: { input_token_logprobs: found, input_top_logprobs } }) => [
      {
        ...{ field: 'meta_info.input_token_logprobs', found: found.length },
        ...{ expected: tokens.length, because: 'one for each token of the input' },
      },
      {
        ...{ field: 'meta_info.input_token_logprobs', expected: tokens.length, because: 'the tokens of the input' },
        found: found.filter(([, token], i) => token === tokens[i]).length,
      },
      ...topSize('meta_info.input_top_logprobs', input_top_logprobs, tokens.length, top),
    ],
  )

/** Returns the log-probs of the tokens of an input. The first token has none. @shape [T] */
export const toScores = ({
  meta_info: { input_token_logprobs, input_top_logprobs },
}: t.TypeOf<ReturnType<typeof inputLogprobsCodec>>): WireScores => ({
  logprobs_T: Float32Array.from(input_token_logprobs, ([logprob]) => logprob ?? 0),
  top_T: (input_top_logprobs ?? []).map(toTop),
})

/** Returns tokens with their log-probs, most probable first. */
const toTop = (top: readonly LogprobAndToken[] | null): readonly TopToken[] =>
  (top ?? []).map(([logprob, token]) => ({ token, logprob: logprob ?? 0 })).sort((a, b) => b.logprob - a.logprob)
