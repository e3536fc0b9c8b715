import { chunks } from '../../policy/chunks.js'
import { powerOfTwo } from '../../policy/local/executables.js'
import type { Batch, Response } from '../../rollout/batch.js'
import { type Datum, wireNumbers, wireTokens } from './wire.js'

/** Rows of a batch that one request sends. */
export interface Piece {
  readonly rows: readonly number[]
  /** Number of data in the request: the rows, and padding after them. */
  readonly size: number
}

/** Inputs of the loss at the completion tokens of one response. @shape each [T] */
export interface TokenInputs {
  readonly weights?: ArrayLike<number>
  readonly advantages?: ArrayLike<number>
  readonly logprobs?: ArrayLike<number>
}

/**
 * Divides rows of a batch into requests, shorter sequences first, because a service pads the sequences of a request to one length.
 * The number of data in a request is a power of two, because services that compile need a new program for each number.
 */
export const piecesOf = ({ responses }: Batch, rows: readonly number[], size: number): readonly Piece[] => {
  const sorted = [...rows].sort((a, b) => lengthOf(responses[a]!) - lengthOf(responses[b]!) || a - b)
  return chunks(sorted, size).map((piece) => ({ rows: piece, size: Math.min(size, powerOfTwo(piece.length)) }))
}

const lengthOf = ({ prompt, completion }: Response): number => prompt.tokens.length + completion.tokens.length

/**
 * Returns the data of a request. Position i of a sequence predicts token i + 1, so a prompt of L tokens puts the completion at the
 * positions from L - 1 on. Padding has weight 0, or advantage 0.
 */
export const dataOf = (
  { responses }: Batch,
  { rows, size }: Piece,
  inputsOf: (row: number) => TokenInputs,
): readonly Datum[] => [
  ...rows.map((row) => datumOf(responses[row]!, inputsOf(row))),
  ...Array.from({ length: size - rows.length }, () => paddingOf(responses[rows[0]!]!, inputsOf(rows[0]!))),
]

const datumOf = ({ prompt, completion }: Response, inputs: TokenInputs): Datum =>
  sequenceDatum([...prompt.tokens, ...completion.tokens], inputs)

/** Returns the datum of a sequence. The inputs of the loss belong to its last tokens. */
export const sequenceDatum = (tokens: readonly number[], { weights, advantages, logprobs }: TokenInputs): Datum => {
  const spread = (values: ArrayLike<number>) =>
    wireNumbers([...new Array<number>(tokens.length - 1 - values.length).fill(0), ...Array.from(values)])
  return {
    model_input: { chunks: [{ type: 'encoded_text', tokens: tokens.slice(0, -1) }] },
    loss_fn_inputs: {
      target_tokens: wireTokens(tokens.slice(1)),
      ...(weights === undefined ? {} : { weights: spread(weights) }),
      ...(advantages === undefined ? {} : { advantages: spread(advantages) }),
      ...(logprobs === undefined ? {} : { logprobs: spread(logprobs) }),
    },
  }
}

/** Sequence of two tokens that has the inputs of the others, all 0. */
const paddingOf = ({ prompt }: Response, inputs: TokenInputs): Datum =>
  sequenceDatum(
    [prompt.tokens[0]!, prompt.tokens[0]!],
    Object.fromEntries(Object.keys(inputs).map((name) => [name, [0]])),
  )

/** Weights of a pass that only scores: 1 at every completion token. */
export const onesOf = ({ responses }: Pick<Batch, 'responses'>, row: number): TokenInputs => ({
  weights: new Uint8Array(responses[row]!.completion.tokens.length).fill(1),
})
