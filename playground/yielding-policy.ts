import { defer, type ObservableInput, switchMap, timer } from 'rxjs'
import type { Policy } from '../lib/policy/policy.js'

/**
 * A policy that lets its thread hear messages before it draws and before it scores: an engine in the same thread computes
 * a whole step in one turn of the event loop.
 */
export const yieldingPolicy = (policy: Policy): Policy => ({
  get version() {
    return policy.version
  },
  sample: (prompts, how) => inTurn(() => policy.sample(prompts, how)),
  score: (batch) => inTurn(() => policy.score(batch)),
})

const inTurn = <A>(port: () => ObservableInput<A>) => defer(() => timer(0).pipe(switchMap(port)))
