import { trainedTokensOf } from '../minibatch.js'
import type { Aggregation } from './aggregation.js'

/** Mean over responses of each one's token mean: every response weighs the same. GRPO's first form, and GSPO. */
export const seqMeanTokenMean: Aggregation =
  ({ batch, rows: members }) =>
  (member) =>
    1 / (members.length * trainedTokensOf(batch, member))
