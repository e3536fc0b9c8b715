import { defaultIfEmpty, defer, forkJoin, from, map, mergeMap, NEVER, Observable } from 'rxjs'
import { type OperatorFunction, switchMap, take, timer } from 'rxjs'
import { slots, type Slots } from '../lib/control/slots.js'
import { describeThrown } from '../lib/describe.js'
import { checkOption, integerFrom, timerDelay } from '../lib/option.js'
import { isQueued } from '../lib/reward/check-queue.js'
import { checkVerdict, failure, type Verdict } from '../lib/reward/check-verdict.js'
import type { Verifier } from '../lib/reward/verifier.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import type { Reward } from '../lib/rollout/reward.js'
import type { RewardedGroup, RolloutGroup } from '../lib/rollout/rollout-group.js'

/** Options of {@link reward}. */
export interface RewardOptions {
  /**
   * Maximum time of one check, above 0 and below 2^31. It counts from the start of the check: the time in which the check
   * waits for one of the `concurrency` places, or for a thread of {@link verifierInWorkers}, does not count. A verifier that
   * computes without yielding cannot be interrupted. Default 10,000. @units ms
   */
  readonly timeLimit?: number
  /** Maximum number of checks at the same time, over all groups; the others wait. Default: no maximum. */
  readonly concurrency?: number
}

/**
 * Adds a reward to every completion. A group is emitted when all its completions are judged; rewards keep the order of the
 * completions.
 *
 *     groups      a-----b------|
 *     verifier    --r|  x|  -----...      r: a reward, x: throws, ...: hangs
 *     output      --A------------B|       A: Right(r), B: Left(VerifierThrew), Left(VerifierTimedOut)
 *
 * A verifier never ends the run: if it throws, exceeds the time limit, completes without a verdict or returns a malformed
 * one, the completion gets a {@link VerifierFailure}, which is counted and reported.
 *
 * @shape adds rewards_G [G]
 * @errors RangeError when the time limit is not in (0, 2^31 - 1], or when `concurrency` is no integer >= 1
 * @example
 * groups$.pipe(reward((prompt, { text }) => of({ value: text === prompt.reference ? 1 : -1, correct: text === prompt.reference })))
 */
export const reward = (
  verifier: Verifier,
  { timeLimit = 10_000, concurrency = Infinity }: RewardOptions = {},
): OperatorFunction<RolloutGroup, RewardedGroup> => {
  checkOption('timeLimit', timeLimit, timerDelay)
  if (concurrency !== Infinity) checkOption('concurrency', concurrency, integerFrom(1))
  return (groups$) =>
    defer(() => {
      const place: Slots = concurrency === Infinity ? (check$) => check$ : slots(concurrency)
      return groups$.pipe(
        mergeMap((group) =>
          forkJoin(
            group.completions.map((completion) => place(judge(verifier, group.prompt, completion, timeLimit))),
          ).pipe(
            defaultIfEmpty([]),
            map((rewards_G) => ({ ...group, rewards_G })),
          ),
        ),
      )
    })
}

/** Written without operators for speed: most verdicts are synchronous, and only a late one needs a timer. */
const judge = (verifier: Verifier, prompt: Prompt, completion: Completion, timeLimit: number): Observable<Verdict> =>
  new Observable((subscriber) => {
    const settle = (verdict: Verdict) => {
      subscriber.next(verdict)
      subscriber.complete()
    }
    const settleThrown = (error: unknown) => settle(thrown(error))
    try {
      const answering = from(verifier(prompt, completion))
        .pipe(take(1))
        .subscribe({
          next: (reward) => settle(verdictOf(reward)),
          error: settleThrown,
          complete: () => settle(failure('NoVerdict', 'the verifier ended without a verdict')),
        })
      subscriber.add(answering)
    } catch (error) {
      settleThrown(error)
    }
    if (subscriber.closed) return
    const timedOut = failure('VerifierTimedOut', `no verdict within ${timeLimit} ms`)
    // The timer starts anew when the check leaves a queue.
    const timeUp$ = isQueued(completion).pipe(switchMap((isWaiting) => (isWaiting ? NEVER : timer(timeLimit))))
    subscriber.add(timeUp$.subscribe(() => settle(timedOut)))
  })

const thrown = (error: unknown): Verdict => failure('VerifierThrew', describeThrown(error))

const verdictOf = (reward: Reward): Verdict => {
  try {
    return checkVerdict(reward)
  } catch (error) {
    return thrown(error)
  }
}
