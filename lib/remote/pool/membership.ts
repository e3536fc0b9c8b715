import {
  defer,
  distinctUntilChanged,
  ignoreElements,
  Observable,
  type ObservableInput,
  type SchedulerLike,
  Subject,
  Subscription,
  throwError,
  timeout,
} from 'rxjs'
import { isOut, type RunServer } from '../../control/run-state.js'
import { ServerError, type ServerProblem } from '../http/server-error.js'
import type { PublishedWeights } from '../remote-policy.js'
import type { Dispatcher } from './dispatcher.js'
import { closedPool, describeJoin, lateAnswer, noServer } from './errors.js'

/** Server as its membership in a pool needs it. */
export interface JoiningServer {
  readonly name: string
  /**
   * Brings the weights to the server and checks that it has them; without weights it checks that the server answers. It completes
   * when the server may sample.
   */
  readonly join: (weights: PublishedWeights | null) => ObservableInput<unknown>
  /** Emits the error of a server that does not answer when it is asked whether it works, and null when it answers. */
  readonly fault$: Observable<ServerError | null>
}

/** Limits of a {@link Membership}. @units seconds */
export interface MembershipLimits {
  /** Maximum time in which a server joins. */
  readonly timeLimit: number
  /** Number of failures in a row after which a server is taken out of the pool. */
  readonly failures: number
  /** Time after which a server that was taken out is tried again. It doubles with each failure until the server answers a task. */
  readonly firstWait: number
  /** Maximum of that time. */
  readonly longestWait: number
  /** Maximum time without any server of the pool. */
  readonly patience: number
}

/**
 * State of a server: it samples (`ready`), gets the newest weights (`joining`), was taken out because it failed (`away`), or is tried
 * again after that (`returning`): it is asked whether it answers, and gets the newest weights if there are any.
 */
export type MemberState = RunServer['state']

/** State of a server of a pool. */
export interface MemberStatus {
  readonly state: MemberState
  /** Last error of the server; null if it had none. */
  readonly fault: ServerError | null
}

/** Servers of a pool that may sample. */
export interface Membership {
  /** Newest weights; null before the first publication. */
  readonly weights: PublishedWeights | null
  readonly members: readonly MemberStatus[]
  /** Emits when a state changes. */
  readonly changes$: Observable<void>
  /**
   * Brings weights to all servers. Each samples again when it has them. It completes when one server has them, so that a slow server
   * delays no other. The first publication completes when every server has them or was taken out, so that a server with a wrong
   * setting is found at the start. A server that is tried again gets them, too, and is not waited for.
   *
   * @errors ServerError unfit for a server that did not take the weights, also those of the publication before if that one had
   *         completed; unreachable when no server has them in time
   */
  readonly publish: (weights: PublishedWeights) => Observable<never>
  /** Begins to watch whether the servers answer. */
  readonly watch: () => void
  /** Counts an answer of a server. */
  readonly recordAnswer: (server: number) => void
  /** Counts a failure of a server, which may take it out. */
  readonly recordFailure: (server: number, error: ServerError) => void
  /** Ends all joins. A publication in progress fails. */
  readonly close: () => void
}

interface Member extends MemberStatus {
  readonly name: string
  state: MemberState
  fault: ServerError | null
  failuresInRow: number
  /** Number of times that the server was taken out or failed to join since its last answer. */
  absences: number
  /** Join in progress, or the timer of the next one. */
  work: Subscription
}

/** Problems after which a server certainly samples nothing now. */
const gone: readonly ServerProblem[] = ['unreachable', 'suspended', 'unfit']

/**
 * Creates the membership of servers. They are ready at first, because none has to have weights before the first publication.
 *
 *     ready        ----x                x: failures in a row, or no connection; its work goes to the others
 *     away              ....t   ....    t: it is tried again after a time, with the newest weights
 *     returning             ----x   --
 *     ready                           ----
 */
export const createMembership = <S extends JoiningServer>(
  servers: readonly S[],
  limits: MembershipLimits,
  dispatcher: () => Dispatcher<S>,
  scheduler: SchedulerLike,
): Membership => {
  const members = servers.map(({ name }): Member => ({
    name,
    state: 'ready',
    failuresInRow: 0,
    absences: 0,
    fault: null,
    work: Subscription.EMPTY,
  }))
  const changes$ = new Subject<void>()
  const failures$ = new Subject<unknown>()
  // Timers and joins that begin after the end are ended at once.
  const life = new Subscription()
  let weights: PublishedWeights | null = null
  /** Error of a server that did not take the weights of a publication that had completed. */
  let unreported: { readonly error: unknown } | null = null
  let patience: Subscription | null = null

  const after = (seconds: number, work: () => void): Subscription => {
    const timer = scheduler.schedule(work, 1000 * seconds)
    life.add(timer)
    return timer
  }

  const change = (index: number, state: MemberState): void => {
    const member = members[index]!
    member.work.unsubscribe()
    member.state = state
    if (state === 'ready') member.failuresInRow = 0
    if (members.some((other) => other.state === 'ready')) {
      patience?.unsubscribe()
      patience = null
    } else patience ??= after(limits.patience, endPatience)
    changes$.next()
  }
  const endPatience = (): void => {
    const error = noServer(members, limits.patience)
    patience = after(limits.patience, endPatience)
    failures$.next(error)
    dispatcher().failWaiting(error)
  }
  const join = (index: number): void => {
    const joined = weights
    dispatcher().pause(index)
    change(index, isOut(members[index]!) ? 'returning' : 'joining')
    const work = new Subscription()
    life.add(work)
    members[index]!.work = work
    const { name } = members[index]!
    const late = () => throwError(() => lateAnswer(`${name}, ${describeJoin(joined)}`, limits.timeLimit))
    work.add(
      defer(() => servers[index]!.join(joined))
        // Its answers mean nothing before it completes, so the whole time is limited.
        .pipe(ignoreElements(), timeout({ first: 1000 * limits.timeLimit, with: late, scheduler }))
        .subscribe({
          error: (error: unknown) => leave(index, error),
          complete: () => {
            change(index, 'ready')
            dispatcher().start(index)
          },
        }),
    )
  }
  /** Fails the publication in progress, or else the next one. */
  const report = (error: unknown): void => {
    if (failures$.observed) failures$.next(error)
    else unreported = { error }
  }
  const leave = (index: number, error: unknown): void => {
    const member = members[index]!
    if (error instanceof ServerError) member.fault = error
    dispatcher().pause(index)
    // Before the change of the state, after which a publication may be complete. A server that is tried again stays out.
    if (!(error instanceof ServerError) || (error.problem === 'unfit' && member.state === 'joining')) report(error)
    change(index, 'away')
    const wait = Math.min(limits.firstWait * 2 ** member.absences++, limits.longestWait)
    member.work = after(wait, () => join(index))
    dispatcher().stop(index)
  }

  return {
    get weights() {
      return weights
    },
    members,
    changes$,
    publish: (newest) =>
      new Observable((subscriber) => {
        if (unreported !== null) {
          const { error } = unreported
          unreported = null
          subscriber.error(error)
          return
        }
        const isFirst = weights === null
        const completeIfSettled = () => {
          const states = members.map(({ state }) => state)
          if (states.includes('ready') && !(isFirst && states.includes('joining'))) subscriber.complete()
        }
        subscriber.add(failures$.subscribe((error) => subscriber.error(error)))
        weights = newest
        // All are paused before the first joins, because its failure may give work to the others.
        for (const index of members.keys()) dispatcher().pause(index)
        for (const [index, { state }] of members.entries()) if (state !== 'away') join(index)
        subscriber.add(changes$.subscribe(completeIfSettled))
        completeIfSettled()
      }),
    watch: () => {
      for (const [index, { fault$ }] of servers.entries())
        life.add(
          fault$.pipe(distinctUntilChanged(isSameSilence)).subscribe((fault) => {
            const isAway = members[index]!.state === 'away'
            if (fault === null && isAway) join(index)
            if (fault !== null && !isAway) leave(index, fault)
          }),
        )
    },
    recordAnswer: (server) => {
      Object.assign(members[server]!, { failuresInRow: 0, absences: 0 })
    },
    recordFailure: (server, error) => {
      const member = members[server]!
      member.fault = error
      if (!isOut(member) && (gone.includes(error.problem) || ++member.failuresInRow >= limits.failures))
        leave(server, error)
    },
    close: () => {
      failures$.next(closedPool())
      life.unsubscribe()
      changes$.complete()
    },
  }
}

/** A server that goes on not to answer may do so with another error. */
const isSameSilence = (one: ServerError | null, other: ServerError | null): boolean =>
  (one === null) === (other === null)
