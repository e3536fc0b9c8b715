import type { Minibatch } from '../minibatch.js'
import type { Aggregation } from './aggregation.js'

/**
 * Mean over prompts of the mean over each one's accepted responses of their token sums: Eq. 5 of Entrocraft.
 *
 * Prompts and their responses are counted over the whole batch, so the mean of the minibatches is the batch's however
 * they are cut.
 */
export const promptMeanTokenSum: Aggregation = ({ batch, count: of }) => {
  const accepted = acceptedOfPrompt(batch)
  return (member) => of / (accepted.size * accepted.get(batch.responses[member]!.group)!)
}

const acceptedOfPrompt = ({ responses, accepted_B }: Minibatch['batch']): ReadonlyMap<number, number> => {
  const accepted = new Map<number, number>()
  responses.forEach(({ group }, b) => {
    if (accepted_B[b] === true) accepted.set(group, (accepted.get(group) ?? 0) + 1)
  })
  return accepted
}
