import { defer, type ObservableInput, switchMap, timer } from 'rxjs'
import type { Policy } from '../lib/policy/policy.js'

/**
 * Returns a policy that waits one turn of the event loop before it samples and before it scores. The worker reads the
 * messages of the page in that turn, because an engine in the same thread computes a whole step in one turn.
 */
export const yieldingPolicy = (policy: Policy): Policy => ({
  get version() {
    return policy.version
  },
  sample: (prompts, how) => afterOneTurn(() => policy.sample(prompts, how)),
  score: (batch) => afterOneTurn(() => policy.score(batch)),
})

const afterOneTurn = <A>(port: () => ObservableInput<A>) => defer(() => timer(0).pipe(switchMap(port)))
