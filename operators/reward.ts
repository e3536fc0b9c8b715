import * as E from 'fp-ts/lib/Either.js'
import { defaultIfEmpty, forkJoin, from, map, mergeMap, Observable, type OperatorFunction, take, timer } from 'rxjs'
import type { Verifier } from '../lib/reward/verifier.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { faults, type Reward, type VerifierFailure } from '../lib/rollout/reward.js'
import type { RewardedGroup, RolloutGroup } from '../lib/rollout/rollout-group.js'

/** Options of {@link reward}. */
export interface RewardOptions {
  /**
   * Maximum wait for one verdict, above 0 and below 2^31. A verifier that computes without yielding cannot be interrupted.
   * Default 10,000. @units ms
   */
  readonly timeLimit?: number
}

type Verdict = E.Either<VerifierFailure, Reward>

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
 * @errors RangeError when the time limit is not in (0, 2^31 - 1]
 * @example
 * groups$.pipe(reward((prompt, { text }) => of({ value: text === prompt.reference ? 1 : -1, correct: text === prompt.reference })))
 */
export const reward = (
  verifier: Verifier,
  { timeLimit = 10_000 }: RewardOptions = {},
): OperatorFunction<RolloutGroup, RewardedGroup> => {
  if (!(timeLimit > 0 && timeLimit <= maxTimer))
    throw new RangeError(`timeLimit: found ${timeLimit}, expected milliseconds in (0, ${maxTimer}]`)
  return mergeMap((group) =>
    forkJoin(group.completions.map((completion) => judge(verifier, group.prompt, completion, timeLimit))).pipe(
      defaultIfEmpty([]),
      map((rewards_G) => ({ ...group, rewards_G })),
    ),
  )
}

/** Longest delay of a timer; a longer one overflows and fires at once. @units ms */
const maxTimer = 2 ** 31 - 1

/** Written without operators for speed: most verdicts are synchronous, and only a late one needs a timer. */
const judge = (verifier: Verifier, prompt: Prompt, completion: Completion, timeLimit: number): Observable<Verdict> =>
  new Observable((subscriber) => {
    const settle = (verdict: Verdict) => {
      subscriber.next(verdict)
      subscriber.complete()
    }
    const settleThrown = (error: unknown) => settle(failure('VerifierThrew', String(error)))
    try {
      const verdicts$ = from(verifier(prompt, completion)).pipe(take(1), map(checkVerdict))
      const answering = verdicts$.subscribe({
        next: settle,
        error: settleThrown,
        complete: () => settle(failure('NoVerdict', 'the verifier ended without a verdict')),
      })
      subscriber.add(answering)
    } catch (error) {
      settleThrown(error)
    }
    if (subscriber.closed) return
    const timedOut = failure('VerifierTimedOut', `no verdict within ${timeLimit} ms`)
    subscriber.add(timer(timeLimit).subscribe(() => settle(timedOut)))
  })

/** Checks the verdict field by field, because verifiers are users' code and may be plain JavaScript. */
const checkVerdict = (reward: Partial<Reward> | null | undefined): Verdict => {
  const { value, correct, answer, fault, parts } = reward ?? {}
  if (typeof value !== 'number' || typeof correct !== 'boolean')
    return failure(
      'MalformedVerdict',
      `found ${typeName(reward)} with value ${typeof value} and correct ${typeof correct}, expected a number and a boolean`,
    )
  if (answer !== undefined && typeof answer !== 'string')
    return failure('MalformedVerdict', `found answer ${typeof answer}, expected a text or none`)
  if (fault !== undefined && !faults.includes(fault))
    return failure('MalformedVerdict', `found fault ${JSON.stringify(fault)}, expected ${faults.join(', ')} or none`)
  if (parts !== undefined && !isRecordOfNumbers(parts))
    return failure('MalformedVerdict', `found parts ${typeName(parts)}, expected finite numbers by name, or none`)
  if (!Number.isFinite(value)) return failure('NonFiniteReward', `found reward ${value}, expected a finite number`)
  return E.right({
    value,
    correct,
    ...(answer === undefined ? {} : { answer }),
    ...(fault === undefined ? {} : { fault }),
    ...(parts === undefined ? {} : { parts }),
  })
}

const isRecordOfNumbers = (parts: unknown): boolean =>
  typeof parts === 'object' && parts !== null && Object.values(parts).every(Number.isFinite)

const typeName = (value: unknown): string => (value === null ? 'null' : typeof value)

const failure = (_tag: VerifierFailure['_tag'], message: string): Verdict => E.left({ _tag, message })
