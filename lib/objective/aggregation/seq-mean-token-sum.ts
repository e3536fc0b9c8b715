import type { Aggregation } from './aggregation.js'

/** Mean over responses of each one's token sum. */
export const seqMeanTokenSum: Aggregation =
  ({ rows: members }) =>
  () =>
    1 / members.length
