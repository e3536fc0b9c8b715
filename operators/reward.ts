import * as E from 'fp-ts/lib/Either.js'
import {
  catchError,
  defaultIfEmpty,
  defer,
  forkJoin,
  map,
  mergeMap,
  type Observable,
  of,
  type OperatorFunction,
  take,
  timeout,
} from 'rxjs'
import type { Reward, Verifier, VerifierFailure } from '../lib/reward/reward.js'
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
 * A verifier cannot end the run: one that throws, hangs, says nothing or gives a reward that is not finite makes a
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

const verdict = (verifier: Verifier, prompt: Prompt, completion: Completion, timeLimit: number): Observable<Verdict> =>
  defer(() => verifier(prompt, completion)).pipe(
    take(1),
    map(finite),
    timeout({
      first: timeLimit,
      with: () => of(failure('VerifierTimedOut', `no verdict within ${timeLimit} ms`)),
    }),
    catchError((error: unknown) => of(failure('VerifierThrew', String(error)))),
    defaultIfEmpty(failure('NoVerdict', 'the verifier ended without a verdict')),
  )

const finite = (reward: Reward): Verdict =>
  Number.isFinite(reward.value) ? E.right(reward) : failure('NonFiniteReward', `found reward ${reward.value}`)

const failure = (_tag: VerifierFailure['_tag'], message: string): Verdict => E.left({ _tag, message })
