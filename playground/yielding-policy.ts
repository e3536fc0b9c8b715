import { defer, type ObservableInput, switchMap, timer } from 'rxjs'
import { mapPolicy } from '../lib/policy/map-policy.js'
import type { Policy } from '../lib/policy/policy.js'

/**
 * Wraps a policy so that the thread handles its messages before each sampling and each scoring. An engine in the same
 * thread computes a whole step in one turn of the event loop, so without the wait a command would come too late.
 */
export const yieldingPolicy = (policy: Policy): Policy => mapPolicy(policy, { sample: nextTurn, score: nextTurn })

const nextTurn = <A>(call: () => ObservableInput<A>) => defer(() => timer(0).pipe(switchMap(call)))
