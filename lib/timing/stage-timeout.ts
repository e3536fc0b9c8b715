import * as TE from 'fp-ts/lib/TaskEither.js'
import { defer, lastValueFrom, NEVER, Observable, type ObservableInput, Subscription, switchMap, timer } from 'rxjs'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { describeThrown } from '../describe.js'
import { checkOption, positive } from '../option.js'
import { orThrow } from '../or-throw.js'
import { PipelineError } from '../pipeline-error.js'
import type { Learner } from '../policy/learner.js'
import { mapLearner } from '../policy/map-learner.js'
import { mapPolicy } from '../policy/map-policy.js'
import type { Policy } from '../policy/policy.js'
import type { Clock } from './clock.js'

/** Ports whose calls may be limited in time. */
export interface LimitedPorts {
  readonly policy?: Policy
  readonly learner?: Learner
  readonly reference?: Pick<Policy, 'score'>
}

/** Limit of the time in which a port must answer, and the clock that measures it. */
export interface StageTimeout {
  /**
   * Maximum time without an answer: of `sample` between two groups, and from the last group to the end; of `score` and
   * `update`, of the whole call. @units seconds
   */
  readonly stageTimeout: number
  /** Clock of the limit; time in which it stands still does not count. The clock of a {@link gate} stands still in a pause. */
  readonly clock: Clock
  /**
   * Emits when the ports make progress that is no answer, such as an update that is repeated after the loss of an engine: the limit of
   * every call begins again [never].
   */
  readonly progress$?: Observable<unknown>
}

/**
 * Wraps ports so that a call that does not answer in time fails with the name of its stage and is unsubscribed. A port that is
 * left out, and every other field, is unchanged.
 *
 *     sample       -a--b------------     stageTimeout: 8
 *     output       -a--b-------#         StageTimedOut: no answer for 8 s after b
 *
 * The clock may be late by a twentieth of the limit when it stood still meanwhile. An answer that waits in the event loop,
 * because this thread was busy, is in time.
 *
 * @units seconds
 * @errors RangeError for a limit that is not a number > 0; PipelineError StageTimedOut, from the ports, which names the stage,
 *         the step, the limit and the remedy; a late snapshot is a CheckpointError
 * @example
 * const ports = withStageTimeout(model, { stageTimeout: 600, clock: () => performance.now() / 1000 })
 * algorithms.grpo.create({ ...task, ...ports, prompts: task.prompts('train', 7) }, options)
 */
export const withStageTimeout = <Ports extends LimitedPorts>(
  ports: Ports,
  { stageTimeout, clock, progress$ = NEVER }: StageTimeout,
): Ports => {
  checkOption('stageTimeout', stageTimeout, positive)
  const limit = limiter(stageTimeout, clock, progress$)
  const { policy, learner, reference } = ports
  return {
    ...ports,
    ...(policy === undefined ? {} : { policy: limitedPolicy(policy, limit) }),
    ...(learner === undefined ? {} : { learner: limitedLearner(learner, limit) }),
    ...(reference === undefined
      ? {}
      : {
          reference: {
            score: (batch, temperature) =>
              limit(`reference.score, step ${batch.step}`, () => reference.score(batch, temperature)),
          } satisfies LimitedPorts['reference'],
        }),
  }
}

/** Makes a call of a port, and fails with the name of the call when it is silent for too long. */
type Limit = <A>(name: string, call: () => ObservableInput<A>) => Observable<A>

const limitedPolicy = (policy: Policy, limit: Limit): Policy =>
  mapPolicy(policy, {
    sample: (call, { step }) => limit(`policy.sample, step ${step}`, call),
    score: (call, { step }) => limit(`policy.score, step ${step}`, call),
  })

const limitedLearner = (learner: Learner, limit: Limit): Learner =>
  mapLearner(learner, {
    update: (batch, objective) => limit(`learner.update, step ${batch.step}`, () => learner.update(batch, objective)),
    snapshot: () =>
      TE.tryCatch(
        () => lastValueFrom(limit('learner.snapshot', () => orThrow(learner.snapshot()))),
        (cause) =>
          cause instanceof CheckpointError
            ? cause
            : new CheckpointError('snapshot', describeThrown(cause), 'weights that the engine can read', { cause }),
      ),
  })

const limiter =
  (seconds: number, clock: Clock, progress$: Observable<unknown>): Limit =>
  (name, call) =>
    new Observable((subscriber) => {
      let silence = Subscription.EMPTY
      const listen = () => {
        silence.unsubscribe()
        silence = silentFor(seconds, clock).subscribe(() => subscriber.error(timedOut(name, seconds)))
      }
      subscriber.add(() => silence.unsubscribe())
      listen()
      subscriber.add(progress$.subscribe(listen))
      subscriber.add(
        defer(call).subscribe({
          next: (value) => {
            silence.unsubscribe()
            subscriber.next(value)
            // The time that the receiver took does not count.
            if (!subscriber.closed) listen()
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      )
    })

/** Emits when the clock has advanced by the given time since the subscription. @units seconds */
const silentFor = (seconds: number, clock: Clock): Observable<unknown> =>
  defer(() => {
    const start = clock()
    const wait = (): Observable<unknown> => {
      const left = start + seconds - clock()
      // One more turn of the event loop, in which an answer that was sent in time is received. Differences of a clock are rounded.
      if (left <= 1e-6 * seconds) return timer(0)
      // A clock that stands still is not read at every turn.
      return timer(Math.min(LONGEST_TIMER, 1000 * Math.max(left, seconds / 20))).pipe(switchMap(wait))
    }
    return wait()
  })

/** Longest delay of a timer; a longer one overflows and fires at once. @units ms */
const LONGEST_TIMER = 2 ** 31 - 1

const timedOut = (name: string, seconds: number): PipelineError =>
  new PipelineError(
    'StageTimedOut',
    `${name}: found no answer for ${seconds} s, expected one within the stage timeout: the engine or the service behind it may hang; if the work needs longer, raise the limit (--stage-timeout)`,
  )
