import type { RegistryEntry } from '../registry.js'
import { sum } from '../statistics.js'
import { type Minibatch, trainedTokensOf } from './minibatch.js'

/**
 * Aggregation of the token losses of a minibatch into one number: returns the weight of each token of a row.
 *
 *     loss = sum_bt weight_b loss_bt        over the tokens that train
 *
 * The loss is a sum, so the gradients of micro-batches of any size add up to the gradient of the minibatch.
 */
export type Aggregation = (minibatch: Minibatch) => (row: number) => number

/**
 * Aggregation token-mean: sum over trained tokens, divided by their number.
 *
 *     weight = 1 / (trained tokens of the minibatch)
 *
 * A long response weighs more.
 *
 * @source DAPO, arXiv:2503.14476; the released runs of Entrocraft
 */
const tokenMean: Aggregation = ({ batch, rows }) => {
  const tokens = sum(rows.map((row) => trainedTokensOf(batch, row)))
  return () => 1 / tokens
}

/**
 * Aggregation token-sum: sum over trained tokens, without a divisor.
 *
 *     weight = 1
 *
 * The gradient grows with the number of tokens of the minibatch, so the learning rate has to fit the batch size.
 */
const tokenSum: Aggregation = () => () => 1

/**
 * Aggregation seq-mean-token-sum: mean over responses of the sum over their tokens.
 *
 *     weight = 1 / responses
 *
 * @source verl
 */
const seqMeanTokenSum: Aggregation =
  ({ rows }) =>
  () =>
    1 / rows.length

/**
 * Aggregation seq-mean-token-mean: mean over responses of the mean over their tokens.
 *
 *     weight = 1 / (responses * trained tokens of the response)
 *
 * Every response weighs the same.
 *
 * @source the first form of GRPO, arXiv:2402.03300; GSPO, arXiv:2507.18071
 */
const seqMeanTokenMean: Aggregation =
  ({ batch, rows }) =>
  (row) =>
    1 / (rows.length * trainedTokensOf(batch, row))

/**
 * Aggregation seq-mean-token-sum-norm: mean over responses of the sum over their tokens, divided by a constant.
 *
 *     weight = 1 / (responses * norm)
 *
 * The length of a response does not change the weight of a token. Dr. GRPO takes the longest completion allowed as `norm`.
 *
 * @units  norm in tokens
 * @errors RangeError if `norm` is not a number > 0
 * @source Dr. GRPO, arXiv:2503.20783
 */
const seqMeanTokenSumNorm = (norm: number): Aggregation => {
  if (!(norm > 0)) throw new RangeError(`norm: found ${norm}, expected a number > 0`)
  return ({ rows }) =>
    () =>
      1 / (rows.length * norm)
}

/**
 * Aggregation prompt-mean-token-sum: mean over prompts of the mean over their accepted responses of the sum over tokens.
 *
 *     weight = minibatches / (prompts * accepted responses of the prompt)
 *
 * Prompts and responses are counted over the whole batch, so the mean of the minibatch losses is the loss of the batch
 * for every division into minibatches.
 *
 * @source Entrocraft, arXiv:2604.26326, Eq. 5
 */
const promptMeanTokenSum: Aggregation = ({ batch, count }) => {
  const accepted = acceptedByPrompt(batch)
  return (row) => count / (accepted.size * accepted.get(batch.responses[row]!.group)!)
}

const acceptedByPrompt = ({ responses, accepted_B }: Minibatch['batch']): ReadonlyMap<number, number> => {
  const accepted = new Map<number, number>()
  responses.forEach(({ group }, b) => {
    if (accepted_B[b] === true) accepted.set(group, (accepted.get(group) ?? 0) + 1)
  })
  return accepted
}

/**
 * Entry of the registry {@link aggregations}: `create(norm)` makes the aggregation. Only `seq-mean-token-sum-norm` reads
 * `norm`, the constant that it divides by.
 */
export type AggregationEntry = RegistryEntry<(norm: number) => Aggregation>

/**
 * Aggregations by name. An aggregation that verl also has is registered under the name that verl uses.
 *
 * @example
 * ppoClip({ aggregation: 'seq-mean-token-mean' }) // an objective takes the name
 */
export const aggregations = {
  'token-mean': {
    create: () => tokenMean,
    about: 'sum over trained tokens, divided by their number',
    paper: 'arXiv:2503.14476',
  },
  'token-sum': { create: () => tokenSum, about: 'sum over trained tokens, without a divisor' },
  'seq-mean-token-sum': { create: () => seqMeanTokenSum, about: 'mean over responses of the sum over their tokens' },
  'seq-mean-token-mean': {
    create: () => seqMeanTokenMean,
    about: 'mean over responses of the mean over their tokens',
    paper: 'arXiv:2402.03300',
  },
  'seq-mean-token-sum-norm': {
    create: seqMeanTokenSumNorm,
    about: 'mean over responses of the sum over their tokens, divided by a constant',
    paper: 'arXiv:2503.20783',
  },
  'prompt-mean-token-sum': {
    create: () => promptMeanTokenSum,
    about: 'mean over prompts of the mean over their accepted responses of the sum over tokens',
    paper: 'arXiv:2604.26326, Eq. 5',
  },
} as const satisfies Record<string, AggregationEntry>

/** Name of an aggregation in the registry {@link aggregations}. */
export type AggregationName = keyof typeof aggregations
