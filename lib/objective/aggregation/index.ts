import type { Aggregation } from './aggregation.js'
import { promptMeanTokenSum } from './prompt-mean-token-sum.js'
import { seqMeanTokenMean } from './seq-mean-token-mean.js'
import { seqMeanTokenSumNorm } from './seq-mean-token-sum-norm.js'
import { seqMeanTokenSum } from './seq-mean-token-sum.js'
import { tokenMean } from './token-mean.js'

/** An aggregation as it is chosen by name; `norm` is the constant that some divide by. */
export interface AggregationEntry {
  readonly create: (norm: number) => Aggregation
  readonly about: string
}

/** Under the names of verl where it has them. */
export const aggregations = {
  'token-mean': { create: () => tokenMean, about: 'sum over trained tokens / their number' },
  'seq-mean-token-sum': { create: () => seqMeanTokenSum, about: 'mean over responses of token sums' },
  'seq-mean-token-mean': { create: () => seqMeanTokenMean, about: 'mean over responses of token means' },
  'seq-mean-token-sum-norm': {
    create: seqMeanTokenSumNorm,
    about: 'mean over responses of token sums, divided by a constant',
  },
  'prompt-mean-token-sum': {
    create: () => promptMeanTokenSum,
    about: 'mean over prompts of the mean of their responses: Eq. 5 of Entrocraft',
  },
} as const satisfies Record<string, AggregationEntry>

export type AggregationName = keyof typeof aggregations
