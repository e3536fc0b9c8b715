import * as t from 'io-ts'
import { record } from '../../codec/record.js'
import { nullable } from '../../codec/nullable.js'
import { LogprobCodec, nonEmpty, TokenCodec } from '../sampler/token-codecs.js'
import type { TopToken, WireCompletion, WireScores } from '../sampler/wire.js'

const TopCodec = nullable(t.record(t.string, LogprobCodec))

const ChoiceCodec = record(
  t.type({
    index: t.number,
    token_ids: nonEmpty(TokenCodec),
    logprobs: t.type({ token_logprobs: t.readonlyArray(LogprobCodec), top_logprobs: t.readonlyArray(TopCodec) }),
    finish_reason: t.keyof({ stop: null, length: null }),
  }),
  ({ token_ids, logprobs }) => [
    {
      ...{ field: 'logprobs.token_logprobs', found: logprobs.token_logprobs.length },
      ...{ expected: token_ids.length, because: 'one for each token of token_ids' },
    },
    {
      ...{ field: 'logprobs.top_logprobs', found: logprobs.top_logprobs.length },
      ...{ expected: token_ids.length, because: 'one for each token of token_ids' },
    },
  ],
)

/** Codec of the answer to a request for `count` completions by the weights `model`. */
export const completionsCodec = (model: string, count: number) =>
  record(t.type({ model: t.literal(model), choices: t.readonlyArray(ChoiceCodec) }), ({ choices }) => [
    { field: 'choices', found: choices.length, expected: count, because: 'one for each completion' },
  ])

/** Returns the completions of an answer, in the order of their numbers. */
export const toCompletions = ({ choices }: t.TypeOf<ReturnType<typeof completionsCodec>>): readonly WireCompletion[] =>
  [...choices]
    .sort((a, b) => a.index - b.index)
    .map(({ token_ids, logprobs, finish_reason }) => ({
      tokens: token_ids,
      logprobs_T: logprobs.token_logprobs,
      top_T: logprobs.top_logprobs.map((top) => toTop(Object.entries(top ?? {}))),
      finish: finish_reason,
    }))

/** Key of a token with `return_tokens_as_token_ids`. */
const TOKEN_KEY = /^(?:token_id:)?(\d+)$/

/** Returns the tokens of a record of log-probs, most probable first. */
const toTop = (entries: readonly (readonly [string, number])[]): readonly TopToken[] =>
  entries
    .flatMap(([key, logprob]) => {
      const token = TOKEN_KEY.exec(key)?.[1]
      return token === undefined ? [] : [{ token: Number(token), logprob }]
    })
    .sort((a, b) => b.logprob - a.logprob)

const PromptLogprobsCodec = t.readonlyArray(nullable(t.record(t.string, t.type({ logprob: LogprobCodec }))))

/** Codec of the answer to a request that scores the tokens of its prompt, by the weights `model`. */
export const promptLogprobsCodec = (model: string, tokens: readonly number[]) =>
  record(
    t.type({
      model: t.literal(model),
      choices: nonEmpty(t.type({ prompt_logprobs: PromptLogprobsCodec })),
    }),
    ({ choices }) => {
      const found = choices[0]!.prompt_logprobs
      const missing = tokens.findIndex((token, i) => i > 0 && found[i]?.[token] === undefined)
      return [
        {
          ...{ field: 'choices.0.prompt_logprobs', found: found.length },
          ...{ expected: tokens.length, because: 'one for each token of the prompt' },
        },
        {
          ...{ field: 'choices.0.prompt_logprobs', found: missing < 0 ? tokens.length : missing },
          ...{ expected: tokens.length, because: 'each with the log-prob of its token' },
        },
      ]
    },
  )

/** Returns the log-probs of the tokens of a prompt. @shape [T] */
export const toScores = (
  { choices }: t.TypeOf<ReturnType<typeof promptLogprobsCodec>>,
  tokens: readonly number[],
): WireScores => {
  const found = choices[0]!.prompt_logprobs
  return {
    logprobs_T: Float32Array.from(tokens, (token, i) => logprobIn(found[i] ?? {}, token)),
    top_T: found.map((top) => toTop(Object.entries(top ?? {}).map(([key, { logprob }]) => [key, logprob] as const))),
  }
}

/** Log-prob of a token in a record by tokens; 0 if it has none, as the first token of a prompt. @units nats */
const logprobIn = (logprobs: Readonly<Record<string, { readonly logprob: number }>>, token: number): number => {
  const found = logprobs[token]
  return found === undefined ? 0 : found.logprob
}

/** Codec of the list of models, with the names and folders of loaded adapters. */
export const ModelsCodec = t.type({
  data: t.readonlyArray(
    t.intersection([t.type({ id: t.string }), t.partial({ root: nullable(t.string), parent: nullable(t.string) })]),
  ),
})
