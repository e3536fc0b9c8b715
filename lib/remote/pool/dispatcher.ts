import { defer, Observable, type SchedulerLike, type Subscriber, Subscription } from 'rxjs'
import { isFinal, ServerError } from '../http/server-error.js'
import { chooseAssignment, type Load } from './balance.js'
import { createDeadlines, type Started } from './deadlines.js'
import { lastFailure, lateAnswer, noAnswer } from './errors.js'
import type { Task } from './task.js'

/** Limits of a {@link Dispatcher}. */
export interface DispatcherLimits {
  /** Maximum number of tasks that one server works on. */
  readonly inWork: number
  /** Maximum number of attempts of one task that end with an error. */
  readonly attempts: number
  /** Maximum time of one attempt. @units seconds */
  readonly timeLimit: number
}

/** Receives the outcomes of attempts, by the number of the server. */
export interface DispatcherEvents {
  readonly onAnswer: (server: number) => void
  readonly onFailure: (server: number, error: ServerError) => void
}

/** Queue of tasks, and the servers that work on them. Servers are numbered; none is ready at first. */
export interface Dispatcher<S> {
  /**
   * Does tasks on the servers, and emits the value of each when it is finished, in any order. `isMeasured` says that their times
   * measure the speed of a server. Unsubscribing ends the work on them.
   *
   * @errors the first error that is no ServerError, the last error of a task whose attempts are used up, and that of a task which no
   *         server of the pool is left for, because all of them refused it
   */
  readonly run: <A>(tasks: readonly Task<S, A>[], isMeasured: boolean) => Observable<A>
  /** Gives work to a server from now on. */
  readonly start: (server: number) => void
  /** Gives no more work to a server; it goes on with what it has. */
  readonly pause: (server: number) => void
  /** Gives no more work to a server, ends what it has, and gives that to the others. It counts as no attempt. */
  readonly stop: (server: number) => void
  /** Fails the calls whose tasks wait for a server. */
  readonly failWaiting: (error: ServerError) => void
  /** Load of each server. */
  readonly loads: readonly Load[]
}

/** Tasks that are done for one subscriber. */
interface Call {
  readonly subscriber: Subscriber<unknown>
  readonly isMeasured: boolean
  left: number
}

interface Job<S> {
  /** Place of the job among all, by which jobs that are given back go before later ones. */
  readonly number: number
  readonly task: Task<S, unknown>
  readonly call: Call
  /** Attempts that ended with an error. A server that refused the task for good does not get it again. */
  failures: readonly Failure[]
}

interface Failure {
  /** Number of the server. */
  readonly server: number
  readonly error: ServerError
}

/** List of a task that has not failed. All such tasks share it, because there are many. */
const NONE: readonly Failure[] = []

interface Member<S> extends Load {
  readonly index: number
  readonly server: S
  /** True from its start until it is stopped, also while it is paused. */
  isInPool: boolean
  isReady: boolean
  inWork: number
  speed: number | null
}

interface Attempt<S> extends Started {
  readonly job: Job<S>
  readonly member: Member<S>
  /** Number of tasks in the work of the server at the start, this one included. */
  readonly load: number
  readonly subscription: Subscription
}

/**
 * Creates a dispatcher. A task goes to a server by {@link chooseAssignment}. If it fails there, it is given out before all others, and
 * waits for the servers of the pool on which it failed least, because a server that fails at once is always free. A task that a server
 * refuses for good goes to another one, and fails when no other is in the pool.
 */
export const createDispatcher = <S>(
  servers: readonly S[],
  limits: DispatcherLimits,
  { onAnswer, onFailure }: DispatcherEvents,
  scheduler: SchedulerLike,
): Dispatcher<S> => {
  const members = servers.map((server, index): Member<S> => ({
    ...{ index, server, isInPool: false, isReady: false, inWork: 0, speed: null },
  }))
  const running = new Set<Attempt<S>>()
  let waiting: Job<S>[] = []
  /** Tasks that failed and wait for another attempt. */
  let failed: Job<S>[] = []
  let nextNumber = 0
  let isGivingOut = false

  /** Gives out tasks. A loop, because answers that come at once would start each other ever deeper on the call stack. */
  const giveOut = (): void => {
    if (isGivingOut) return
    isGivingOut = true
    try {
      while (giveOutFailed() || giveOutWaiting());
    } finally {
      isGivingOut = false
    }
  }
  const giveOutWaiting = (): boolean => {
    const chosen = chooseAssignment(members, waiting.length, limits.inWork)
    if (chosen === null) return false
    const job = chosen.place === 0 ? waiting.shift() : waiting.splice(chosen.place, 1)[0]
    attempt(members[chosen.server]!, job!)
    return true
  }
  const giveOutFailed = (): boolean =>
    failed.some((job) => {
      const candidates = candidatesFor(job, members)
      const chosen = chooseAssignment(candidates, 1, limits.inWork)
      if (chosen === null) return false
      failed = failed.filter((other) => other !== job)
      attempt(candidates[chosen.server]!, job)
      return true
    })
  const putBack = (job: Job<S>): void => {
    if (job.failures.length > 0) failed.push(job)
    else waiting.unshift(job)
  }
  /** Fails the tasks that all servers of the pool have refused. */
  const failRefused = (): void => {
    const lost = failed.filter((job) => refusalsOf(job).length > 0 && candidatesFor(job, members).length === 0)
    failed = failed.filter((job) => !lost.includes(job))
    for (const job of lost) job.call.subscriber.error(refusalsOf(job).at(-1)!.error)
  }
  const attempt = (member: Member<S>, job: Job<S>): void => {
    const subscription = new Subscription()
    const made = { job, member, start: scheduler.now(), load: ++member.inWork, subscription }
    running.add(made)
    deadlines.watch()
    // An answer that comes at once comes before the request can be ended, so that another one may follow.
    const ifRunning = (react: () => void) => {
      if (running.has(made)) react()
    }
    subscription.add(
      defer(() => job.task.call(member.server)).subscribe({
        next: (value) => ifRunning(() => succeed(made, value)),
        error: (error: unknown) => ifRunning(() => fail(made, error)),
        complete: () => ifRunning(() => fail(made, noAnswer(job.task.name))),
      }),
    )
  }
  const end = (made: Attempt<S>): void => {
    running.delete(made)
    made.member.inWork--
    made.subscription.unsubscribe()
    deadlines.rest()
  }
  const succeed = (made: Attempt<S>, value: unknown): void => {
    const { member, load, start } = made
    const { call } = made.job
    end(made)
    if (call.isMeasured) measure(member, load, scheduler.now() - start)
    onAnswer(member.index)
    call.left--
    call.subscriber.next(value)
    if (call.left === 0) call.subscriber.complete()
    giveOut()
  }
  const fail = (made: Attempt<S>, error: unknown): void => {
    const { job, member } = made
    end(made)
    if (!(error instanceof ServerError)) job.call.subscriber.error(error)
    else {
      job.failures = [...job.failures, { server: member.index, error }]
      const attempts = job.failures.length - refusalsOf(job).length
      if (isFinal(error) || attempts < limits.attempts) putBack(job)
      else job.call.subscriber.error(lastFailure(job.task.name, attempts, error))
      onFailure(member.index, error)
      failRefused()
    }
    giveOut()
  }
  const deadlines = createDeadlines(running, limits.timeLimit, scheduler, (made) =>
    fail(made, lateAnswer(made.job.task.name, limits.timeLimit)),
  )
  const drop = (call: Call): void => {
    for (const made of running) if (made.job.call === call) end(made)
    waiting = waiting.filter((job) => job.call !== call)
    failed = failed.filter((job) => job.call !== call)
    giveOut()
  }

  return {
    loads: members,
    run: <A>(tasks: readonly Task<S, A>[], isMeasured: boolean) =>
      new Observable<A>((subscriber) => {
        const call: Call = { subscriber, isMeasured, left: tasks.length }
        if (call.left === 0) subscriber.complete()
        for (const task of tasks) waiting.push({ number: nextNumber++, task, call, failures: NONE })
        subscriber.add(() => {
          if (call.left > 0) drop(call)
        })
        giveOut()
      }),
    start: (server) => {
      Object.assign(members[server]!, { isInPool: true, isReady: true })
      giveOut()
    },
    pause: (server) => {
      members[server]!.isReady = false
    },
    stop: (server) => {
      const member = members[server]!
      Object.assign(member, { isInPool: false, isReady: false })
      const ended = [...running].filter((made) => made.member === member)
      ended.forEach(end)
      for (const { job } of ended) putBack(job)
      waiting.sort((a, b) => a.number - b.number)
      failRefused()
      giveOut()
    },
    failWaiting: (error) => {
      for (const call of new Set([...failed, ...waiting].map((job) => job.call))) call.subscriber.error(error)
    },
  }
}

const refusalsOf = ({ failures }: Pick<Job<unknown>, 'failures'>): readonly Failure[] =>
  failures.filter(({ error }) => isFinal(error))

/** Returns the servers that may get a failed task: of those in the pool that have not refused it, the ones on which it failed least. */
const candidatesFor = <S>(job: Job<S>, members: readonly Member<S>[]): readonly Member<S>[] => {
  const failuresOn = ({ index }: Member<S>) => job.failures.filter(({ server }) => server === index).length
  const refusals = refusalsOf(job)
  const others = members.filter(({ isInPool, index }) => isInPool && !refusals.some(({ server }) => server === index))
  const least = Math.min(...others.map(failuresOn))
  return others.filter((member) => failuresOn(member) === least)
}

/** Weight of the newest measurement in the speed of a server. */
const NEWEST = 0.2

/** Shortest time that is measured, because some clocks count whole milliseconds. @units ms */
const SHORTEST = 1

/**
 * Measures the speed of a server that had `load` tasks in its work while one of them took a time, and averages it.
 *
 *     speed = load / time        whether the server works on them one after the other or at the same time
 */
const measure = (member: Member<unknown>, load: number, milliseconds: number): void => {
  const speed = (1000 * load) / Math.max(milliseconds, SHORTEST)
  member.speed = member.speed === null ? speed : member.speed + NEWEST * (speed - member.speed)
}
