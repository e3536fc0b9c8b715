import * as E from 'fp-ts/lib/Either.js'
import { defaultIfEmpty, forkJoin, from, map, mergeMap, Observable, type OperatorFunction, take, timer } from 'rxjs'
import type { Verifier } from '../lib/reward/verifier.js'
import { faults, type Reward, type VerifierFailure } from '../lib/rollout/reward.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import type { RewardedGroup, RolloutGroup } from '../lib/rollout/rollout-group.js'

export interface RewardOptions {
  /** Longest wait for one verdict. A verifier that computes for longer without yielding cannot be cut short. @units ms */
  readonly timeLimit?: number
}

type Verdict = E.Either<VerifierFailure, Reward>

/**
 * Judges every completion; verdicts stand in the order of the completions, groups flow as they are judged.
 *
 *     groups      a-----b------|
 *     verifier    --r|  x|  -----...      r: a reward, x: throws, ...: hangs
 *     output      --A------------B|       A: Right(r), B: Left(VerifierThrew), Left(VerifierTimedOut)
 *
 * A verifier cannot end the run: one that throws, hangs, says nothing or gives what is no finite reward makes a
 * counted {@link VerifierFailure}.
 *
 * @errors RangeError for a time limit that no timer can keep
 */
export const reward = (
  verifier: Verifier,
  { timeLimit = 10_000 }: RewardOptions = {},
): OperatorFunction<RolloutGroup, RewardedGroup> => {
  if (!(timeLimit > 0 && timeLimit <= longestTimer))
    throw new RangeError(`timeLimit: found ${timeLimit}, expected milliseconds in (0, ${longestTimer}]`)
  return mergeMap((group) =>
    forkJoin(group.completions.map((completion) => verdict(verifier, group.prompt, completion, timeLimit))).pipe(
      defaultIfEmpty([]),
      map((rewards_G) => ({ ...group, rewards_G })),
    ),
  )
}

/** Timers overflow beyond it and fire at once. @units ms */
const longestTimer = 2 ** 31 - 1

/** Written out, not piped: verdicts are most of what the stages themselves cost, and only a late one needs a timer. */
const verdict = (verifier: Verifier, prompt: Prompt, completion: Completion, timeLimit: number): Observable<Verdict> =>
  new Observable((subscriber) => {
    const settle = (verdict: Verdict) => {
      subscriber.next(verdict)
      subscriber.complete()
    }
    const settleThrown = (error: unknown) => settle(failure('VerifierThrew', String(error)))
    try {
      const verdicts$ = from(verifier(prompt, completion)).pipe(take(1), map(checked))
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
    const late = failure('VerifierTimedOut', `no verdict within ${timeLimit} ms`)
    subscriber.add(timer(timeLimit).subscribe(() => settle(late)))
  })

/** Verifiers are users' code, in JavaScript at times: what they answer is looked at before it is believed. */
const checked = (reward: Partial<Reward> | null | undefined): Verdict => {
  const { value, correct, answer, fault, parts } = reward ?? {}
  if (typeof value !== 'number' || typeof correct !== 'boolean')
    return failure(
      'MalformedVerdict',
      `found ${nameOf(reward)} with value ${typeof value} and correct ${typeof correct}, expected a number and a boolean`,
    )
  if (answer !== undefined && typeof answer !== 'string')
    return failure('MalformedVerdict', `found answer ${typeof answer}, expected a text or none`)
  if (fault !== undefined && !faults.includes(fault))
    return failure('MalformedVerdict', `found fault ${JSON.stringify(fault)}, expected ${faults.join(', ')} or none`)
  if (parts !== undefined && !isRecordOfNumbers(parts))
    return failure('MalformedVerdict', `found parts ${nameOf(parts)}, expected finite numbers by name, or none`)
  if (!Number.isFinite(value)) return failure('NonFiniteReward', `found reward ${value}`)
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

const nameOf = (reward: unknown): string => (reward === null ? 'null' : typeof reward)

const failure = (_tag: VerifierFailure['_tag'], message: string): Verdict => E.left({ _tag, message })
