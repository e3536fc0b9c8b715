import { mapPolicy } from '../../lib/policy/map-policy.js'
import type { Policy } from '../../lib/policy/policy.js'

/** Counts the prompts whose completions are requested from a policy. */
export const countIssued = (policy: Policy): { readonly policy: Policy; readonly issued: () => number } => {
  let issued = 0
  const counted = mapPolicy(policy, {
    sample: (call, { prompts }) => {
      issued += prompts.length
      return call()
    },
  })
  return { policy: counted, issued: () => issued }
}
