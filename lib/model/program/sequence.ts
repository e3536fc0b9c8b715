import {
  add,
  causalAttention,
  concat,
  constant,
  gather,
  input,
  iota,
  mul,
  reshape,
  slice,
} from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import { decoder, headWeight } from '../decoder.js'
import type { DecoderConfig } from '../decoder-config.js'
import { type Heads, rowsOf } from '../layer/heads.js'
import type { Parameters } from '../parameters.js'
import { fromStart } from '../places.js'
import { tokenStatistics } from '../token-statistics.js'

/** Completions of a scoring or training pass, and the prompts that they go on from. */
export interface SequenceShape {
  /** P prompts of L tokens. */
  readonly prompts: number
  readonly promptLength: number
  /** B completions of T tokens, at least 2. */
  readonly rows: number
  readonly length: number
}

/** For names of programs. */
export const describe = ({ prompts, promptLength, rows, length }: SequenceShape): string =>
  `${rows}x${length} behind ${prompts}x${promptLength}`

/**
 * Statistics of every token of completions. A prompt is read once, however many completions go on from it: they see its
 * keys and values, and their gradients add up in it.
 *
 * Prompts and completions are padded on the right: causality hides that from everything before it, and `lengths` hides
 * it from what goes on behind.
 *
 * @shape inputs `prompts` [P, L], `targets` [B, T], the completions, `prompt` [B], which one each goes on from, and
 *        `lengths` [B], the tokens of that one (all int32) -> statistics, five of [B, T]; and the decoder's stream
 */
export const sequenceStatistics = (config: DecoderConfig, parameters: Parameters<Node>, shape: SequenceShape) => {
  const { prompts: P, promptLength: L, rows: B, length: T } = shape
  const prompts = input('prompts', [P, L], 'int32')
  const targets = input('targets', [B, T], 'int32')
  const prompt = input('prompt', [B], 'int32')
  const lengths = input('lengths', [B], 'int32')
  // The last token of a completion predicts none: it is not read.
  const [before, behind] = [P * L, B * (T - 1)]
  const read = reshape(slice(targets, [0, 0], [B, T - 1]), [behind])

  const promptRows = rowsOf(config, P, L, fromStart(L))
  const positions = add(reshape(lengths, [B, 1]), iota([1, T - 1]))
  const completionRows = rowsOf(config, B, T - 1, { positions, limit: L + T - 1 })
  const { hidden, stream } = decoder(config, parameters, concat([reshape(prompts, [before]), read], 0), (_, heads) => {
    const first = promptRows.split(part(heads, 0, before))
    const own = completionRows.split(part(heads, before, behind))
    const goingOn = (x: Node, y: Node) => concat([gather(x, prompt), y], 2)
    const [keys, values] = [goingOn(first.k, own.k), goingOn(first.v, own.v)]
    return concat(
      [
        promptRows.join(causalAttention(first.q, first.k, first.v)),
        completionRows.join(causalAttention(own.q, keys, values, { lengths })),
      ],
      0,
    )
  })

  const whole = (value: number) => constant(Int32Array.of(value), [])
  const last = add(mul(prompt, whole(L)), add(lengths, whole(-1)))
  const predicting = concat(
    [
      reshape(gather(rows(hidden, 0, before), last), [B, 1, config.width]),
      reshape(rows(hidden, before, behind), [B, T - 1, config.width]),
    ],
    1,
  )
  const of = tokenStatistics(
    reshape(predicting, [B * T, config.width]),
    headWeight(parameters),
    reshape(targets, [B * T]),
  )
  const matrix = (x: Node) => reshape(x, [B, T])
  const statistics = {
    logprob: matrix(of.logprob),
    entropy: matrix(of.entropy),
    s: matrix(of.s),
    expectedS: matrix(of.expectedS),
    squares: matrix(of.squares),
  }
  return { statistics, stream }
}

const rows = (x: Node, start: number, count: number): Node =>
  slice(x, [start, ...x.shape.slice(1).map(() => 0)], x.shape.with(0, count))

const part = ({ q, k, v }: Heads, start: number, count: number): Heads => ({
  q: rows(q, start, count),
  k: rows(k, start, count),
  v: rows(v, start, count),
})
