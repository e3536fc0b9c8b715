import { trainedTokensOf } from '../minibatch.js'
import type { Aggregation } from './aggregation.js'

/** Sum over trained tokens / their number: long responses weigh more. The released runs of Entrocraft, and DAPO. */
export const tokenMean: Aggregation = ({ batch, rows: members }) => {
  const tokens = members.reduce((sum, member) => sum + trainedTokensOf(batch, member), 0)
  return () => 1 / tokens
}
