import { defer, Observable, type SchedulerLike, type Subscriber, Subscription, take } from 'rxjs'
import { ServerError } from '../http/server-error.js'
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
   * @errors the first error that is no ServerError, and the last error of a task whose attempts are used up
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
  attempts: number
}

interface Member<S> extends Load {
  readonly index: number
  readonly server: S
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

/** Creates a dispatcher. A task goes to a server by {@link chooseAssignment}. If it fails there, it is the next to be given out. */
export const createDispatcher = <S>(
  servers: readonly S[],
  limits: DispatcherLimits,
  { onAnswer, onFailure }: DispatcherEvents,
  scheduler: SchedulerLike,
): Dispatcher<S> => {
  const members = servers.map((server, index): Member<S> => ({ index, server, isReady: false, inWork: 0, speed: null }))
  const running = new Set<Attempt<S>>()
  let waiting: Job<S>[] = []
  let nextNumber = 0
  let isGivingOut = false

  /** Gives out tasks. A loop, because answers that come at once would start each other ever deeper on the call stack. */
  const giveOut = (): void => {
    if (isGivingOut) return
    isGivingOut = true
    try {
      for (;;) {
        const chosen = chooseAssignment(members, waiting.length, limits.inWork)
        if (chosen === null) break
        const job = chosen.place === 0 ? waiting.shift() : waiting.splice(chosen.place, 1)[0]
        attempt(members[chosen.server]!, job!)
      }
    } finally {
      isGivingOut = false
    }
  }
  const attempt = (member: Member<S>, job: Job<S>): void => {
    const subscription = new Subscription()
    const made = { job, member, start: scheduler.now(), load: ++member.inWork, subscription }
    running.add(made)
    deadlines.watch()
    const answer$ = defer(() => job.task.call(member.server)).pipe(take(1))
    subscription.add(
      answer$.subscribe({
        next: (value) => succeed(made, value),
        error: (error: unknown) => fail(made, error),
        complete: () => {
          if (running.has(made)) fail(made, noAnswer(job.task.name))
        },
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
      if (++job.attempts < limits.attempts) waiting.unshift(job)
      else job.call.subscriber.error(lastFailure(job.task.name, job.attempts, error))
      onFailure(member.index, error)
    }
    giveOut()
  }
  const deadlines = createDeadlines(running, limits.timeLimit, scheduler, (made) =>
    fail(made, lateAnswer(made.job.task.name, limits.timeLimit)),
  )
  const drop = (call: Call): void => {
    for (const made of running) if (made.job.call === call) end(made)
    waiting = waiting.filter((job) => job.call !== call)
    giveOut()
  }

  return {
    loads: members,
    run: <A>(tasks: readonly Task<S, A>[], isMeasured: boolean) =>
      new Observable<A>((subscriber) => {
        const call: Call = { subscriber, isMeasured, left: tasks.length }
        if (call.left === 0) subscriber.complete()
        for (const task of tasks) waiting.push({ number: nextNumber++, task, call, attempts: 0 })
        subscriber.add(() => {
          if (call.left > 0) drop(call)
        })
        giveOut()
      }),
    start: (server) => {
      members[server]!.isReady = true
      giveOut()
    },
    pause: (server) => {
      members[server]!.isReady = false
    },
    stop: (server) => {
      const member = members[server]!
      member.isReady = false
      const ended = [...running].filter((made) => made.member === member)
      ended.forEach(end)
      waiting = [...ended.map(({ job }) => job), ...waiting].sort((a, b) => a.number - b.number)
      giveOut()
    },
    failWaiting: (error) => {
      for (const call of new Set(waiting.map((job) => job.call))) call.subscriber.error(error)
    },
  }
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
