import { BehaviorSubject, defer, finalize, first, map, mergeMap, type MonoTypeOperatorFunction } from 'rxjs'
import type { Demand } from '../lib/control/demand.js'
import { checkOption, integerFrom } from '../lib/option.js'
import type { Policy } from '../lib/policy/policy.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'

/**
 * Drops the completions of groups that are too old when their step trains. The prompts of a dropped group stay used, and the
 * report of the step counts the group.
 *
 *     groups     a--b---c-------|         a: step 0, b and c: step 1
 *     credits    --------0-------
 *     output     a-------(bC)---|         C: c without completions, if updates made the weights newer than they may be
 *
 * The age of a completion is the number of updates between the weights that sampled it and the newest weights. It is known when
 * the steps before are complete, so a group waits until then. A run in which the age is never above `inFlight - 1`, which holds
 * if every request is answered by the newest weights of its time, drops nothing at `maxStaleness >= inFlight - 1`.
 *
 * @units maxStaleness in updates; 0 trains only on completions of the newest weights
 * @errors RangeError when `maxStaleness` is no integer >= 0
 * @example
 * groups$.pipe(reward(verifier), dropStale(policy, 2, demand), advantage(grpo()), toBatches(demand))
 */
export const dropStale = (
  policy: Pick<Policy, 'version'>,
  maxStaleness: number,
  { firstStep, credits$ }: Pick<Demand, 'firstStep' | 'credits$'>,
): MonoTypeOperatorFunction<RewardedGroup> => {
  checkOption('maxStaleness', maxStaleness, integerFrom(0))
  const dropIfStale = (group: RewardedGroup): RewardedGroup =>
    group.completions.some(({ version }) => policy.version - version > maxStaleness)
      ? { ...group, completions: [], rewards_G: [], stale: true }
      : group
  return (groups$) =>
    defer(() => {
      const nextStep$ = new BehaviorSubject(firstStep)
      const trained = credits$.subscribe({
        next: (step) => nextStep$.next(step + 1),
        error: (error: unknown) => nextStep$.error(error),
      })
      return groups$.pipe(
        mergeMap((group) =>
          nextStep$.pipe(
            first((step) => group.step <= step),
            map(() => dropIfStale(group)),
          ),
        ),
        finalize(() => trained.unsubscribe()),
      )
    })
}
