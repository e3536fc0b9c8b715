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
  scalar,
  slice,
} from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import { decoder, headWeight } from '../decoder.js'
import type { DecoderConfig } from '../decoder-config.js'
import { createRowLayout, type Heads } from '../layer/heads.js'
import { positionsFromStart } from '../token-positions.js'
import { tokenStatistics } from '../token-statistics.js'
import type { WeightMap } from '../weights.js'

/** Shape of a scoring or training pass: completions and the prompts that they continue. */
export interface SequenceShape {
  /** Number of prompts, P. */
  readonly prompts: number
  /** Length of the prompts, L. @units tokens */
  readonly promptLength: number
  /** Number of completions, B. */
  readonly rows: number
  /** Length of the completions, T >= 2. @units tokens */
  readonly length: number
}

/** Describes a shape in the name of a program. */
export const describeShape = ({ prompts, promptLength, rows, length }: SequenceShape): string =>
  `${rows}x${length} behind ${prompts}x${promptLength}`

/**
 * Token statistics of completions. A prompt is read once for all completions that continue it: they attend to its keys and
 * values, and their gradients are summed in it.
 *
 * Prompts and completions are padded on the right. The causal mask hides padding from earlier tokens, and `lengths` hides the
 * padding of a prompt from its completions.
 *
 * @shape inputs (int32): `prompts` [P, L], `targets` [B, T] the completions, `prompt` [B] index of each completion's prompt,
 * `lengths` [B] length of that prompt; outputs: five statistics [B, T] at temperature 1, the log-prob
 * [B, T] at any temperature, and the decoder's stream
 * @units nats; squares has no unit
 */
export const sequenceStatistics = (config: DecoderConfig, weights: WeightMap<Node>, shape: SequenceShape) => {
  const { prompts: P, promptLength: L, rows: B, length: T } = shape
  const prompts = input('prompts', [P, L], 'int32')
  const targets = input('targets', [B, T], 'int32')
  const prompt = input('prompt', [B], 'int32')
  const lengths = input('lengths', [B], 'int32')
  // The last token of a completion predicts no token, so it is not read.
  const [promptTokens, completionTokens] = [P * L, B * (T - 1)]
  const read = reshape(slice(targets, [0, 0], [B, T - 1]), [completionTokens])

  const promptRows = createRowLayout(config, P, L, positionsFromStart(L))
  const positions = add(reshape(lengths, [B, 1]), iota([1, T - 1]))
  const completionRows = createRowLayout(config, B, T - 1, { positions, limit: L + T - 1 })
  const { hidden, stream } = decoder(
    config,
    weights,
    concat([reshape(prompts, [promptTokens]), read], 0),
    (layer, heads) => {
      const first = promptRows.split(layer, part(heads, 0, promptTokens))
      const own = completionRows.split(layer, part(heads, promptTokens, completionTokens))
      const continued = (x: Node, y: Node) => concat([gather(x, prompt), y], 2)
      const [keys, values] = [continued(first.k, own.k), continued(first.v, own.v)]
      return concat(
        [
          promptRows.join(causalAttention(first.q, first.k, first.v)),
          completionRows.join(causalAttention(own.q, keys, values, { lengths })),
        ],
        0,
      )
    },
  )

  const integer = (value: number) => constant(Int32Array.of(value), [])
  const last = add(mul(prompt, integer(L)), add(lengths, integer(-1)))
  const predicting = concat(
    [
      reshape(gather(rows(hidden, 0, promptTokens), last), [B, 1, config.width]),
      reshape(rows(hidden, promptTokens, completionTokens), [B, T - 1, config.width]),
    ],
    1,
  )
  const predicted = reshape(predicting, [B * T, config.width])
  const flatTargets = reshape(targets, [B * T])
  const flat = tokenStatistics(predicted, headWeight(weights), flatTargets)
  const matrix = (x: Node) => reshape(x, [B, T])
  const statistics = {
    logprob: matrix(flat.logprob),
    entropy: matrix(flat.entropy),
    s: matrix(flat.s),
    expectedS: matrix(flat.expectedS),
    squares: matrix(flat.squares),
  }
  // Dividing the hidden states divides all logits, and is cheaper, because a hidden state is shorter than its logits.
  const logprobAt = (temperature: number) =>
    temperature === 1
      ? statistics.logprob
      : matrix(tokenStatistics(mul(predicted, scalar(1 / temperature)), headWeight(weights), flatTargets).logprob)
  return { statistics, logprobAt, stream }
}

const rows = (x: Node, start: number, count: number): Node =>
  slice(x, [start, ...x.shape.slice(1).map(() => 0)], x.shape.with(0, count))

const part = ({ q, k, v }: Heads, start: number, count: number): Heads => ({
  q: rows(q, start, count),
  k: rows(k, start, count),
  v: rows(v, start, count),
})
