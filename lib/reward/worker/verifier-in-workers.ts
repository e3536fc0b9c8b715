import { availableParallelism } from 'node:os'
import { Observable, type Subscriber } from 'rxjs'
import { checkOption, oneOf } from '../../option.js'
import { once } from '../../resource.js'
import { enterQueue } from '../check-queue.js'
import { rewardValue, type Verifier } from '../verifier.js'
import type { Reward, RewardScale } from '../../rollout/reward.js'
import type { Check, VerifierSource } from './protocol.js'
import { type Outcome, VerifierThread } from './verifier-thread.js'

/** Options of {@link verifierInWorkers}. */
export interface WorkersOptions {
  /**
   * Largest number of threads, and so of checks at the same time; by default one less than the machine has cores. A thread
   * starts when it is needed.
   */
  readonly threads?: number
  /**
   * Longest time of one check, counted from its start in its thread: the wait for a free thread does not count. 3000 by
   * default. @units ms
   */
  readonly timeLimit?: number
  /** Largest heap of one thread; 512 by default. @units MiB */
  readonly memoryLimit?: number
  /**
   * Reward of a completion that exceeds a limit: -1 on the `signed` scale, the default, and 0 on the `binary` scale.
   */
  readonly rewardScale?: RewardScale
}

/** Verifier that runs in worker threads. */
export interface VerifierInWorkers {
  readonly verifier: Verifier
  /**
   * Ends the threads. Checks in progress and later checks fail. Without it, idle threads do not keep the process alive. A
   * second call has no effect.
   */
  readonly close: () => Promise<void>
}

/**
 * Runs a verifier in worker threads, so that no completion can hang the run. A check that exceeds the limit of time or
 * memory ends its thread. The completion is then wrong, and `fault` says why. A new thread serves the next check.
 *
 *     checks     a--b--c--------|
 *     thread 1   a=====b==|              b takes too long: its thread is ended
 *     thread 2         c====|
 *     verdicts   -----a---B-c            B: wrong, timed-out
 *
 * Checks wait for a free thread in the order of their subscription. Unsubscribing from a check ends its thread. A check whose
 * thread ends by itself is made once more in a new thread. If that ends too, the check fails, because it is then its own doing.
 *
 * @errors throws RangeError for a limit that is not a positive number, and for an unknown scale. A check fails with the error of the verifier or
 *   of its module
 * @example
 * verifierInWorkers({ module: import.meta.resolve('./my-verifier.js'), name: 'makeVerifier', options: {} })
 */
export const verifierInWorkers = (source: VerifierSource, options: WorkersOptions = {}): VerifierInWorkers => {
  const pool = new Pool(source, limitsOf(options))
  return {
    verifier: (prompt, completion) => pool.check({ prompt, completion }),
    close: once(() => pool.close()),
  }
}

type Limits = Required<WorkersOptions>

const limitsOf = ({
  threads = Math.max(1, availableParallelism() - 1),
  timeLimit = 3000,
  memoryLimit = 512,
  rewardScale = 'signed',
}: WorkersOptions): Limits => {
  if (!(Number.isSafeInteger(threads) && threads > 0))
    throw new RangeError(`threads: found ${threads}, expected a positive integer`)
  for (const [name, limit] of Object.entries({ timeLimit, memoryLimit }))
    if (!(limit > 0 && limit < 2 ** 31)) throw new RangeError(`${name}: found ${limit}, expected a number in (0, 2^31)`)
  checkOption('rewardScale', rewardScale, oneOf(['signed', 'binary']))
  return { threads, timeLimit, memoryLimit, rewardScale }
}

interface Waiting {
  readonly check: Check
  /** Records that the check has started, or waits no longer. */
  readonly leaveQueue: () => void
  readonly subscriber: Subscriber<Reward>
  /** True if a thread ended by itself during the check. */
  isRepeated: boolean
}

class Pool {
  readonly #idle: VerifierThread[] = []
  readonly #busy = new Map<Waiting, VerifierThread>()
  /** Checks without a thread, in the order of their subscription. */
  readonly #waiting = new Set<Waiting>()
  #isClosed = false

  constructor(
    private readonly source: VerifierSource,
    private readonly limits: Limits,
  ) {}

  check(check: Check): Observable<Reward> {
    return new Observable((subscriber) => {
      if (this.#isClosed) throw new Error('the verifier is closed')
      const waiting = { check, leaveQueue: enterQueue(check.completion), subscriber, isRepeated: false }
      this.#waiting.add(waiting)
      this.#next()
      return () => this.#drop(waiting)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const threads = [...this.#idle, ...this.#busy.values()]
    const unanswered = [...this.#busy.keys(), ...this.#waiting]
    this.#idle.length = 0
    this.#busy.clear()
    this.#waiting.clear()
    for (const { subscriber } of unanswered) subscriber.error(new Error('the verifier is closed'))
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #next(): void {
    const [first] = this.#waiting
    if (first === undefined || this.#busy.size >= this.limits.threads) return
    const idle = this.#idle.pop()
    this.#waiting.delete(first)
    this.#start(first, idle?.isAlive === true ? idle : new VerifierThread(this.source, this.limits))
  }

  #start(waiting: Waiting, thread: VerifierThread): void {
    this.#busy.set(waiting, thread)
    thread.check({
      check: waiting.check,
      begin: waiting.leaveQueue,
      settle: (outcome) => {
        this.#busy.delete(waiting)
        if (thread.isAlive) this.#idle.push(thread)
        if (outcome.kind === 'ended' && !waiting.isRepeated) {
          waiting.isRepeated = true
          this.#start(waiting, new VerifierThread(this.source, this.limits))
          return
        }
        this.#answer(waiting.subscriber, outcome)
        this.#next()
      },
    })
  }

  #answer(subscriber: Subscriber<Reward>, outcome: Outcome): void {
    if (outcome.kind === 'error' || outcome.kind === 'ended') {
      subscriber.error(outcome.error)
      return
    }
    const wrong = { value: rewardValue(this.limits.rewardScale, false), correct: false }
    const reward = outcome.kind === 'fault' ? { ...wrong, fault: outcome.fault } : outcome.reward
    if (reward !== null) subscriber.next(reward)
    subscriber.complete()
  }

  #drop(waiting: Waiting): void {
    waiting.leaveQueue()
    this.#waiting.delete(waiting)
    const thread = this.#busy.get(waiting)
    if (thread === undefined) return
    this.#busy.delete(waiting)
    void thread.end()
    this.#next()
  }
}
