import { Worker } from 'node:worker_threads'
import type { Fault, Reward } from '../../rollout/reward.js'
import type { Check, Message, VerifierSource } from './protocol.js'

/** Result of a check: a verdict, an exceeded limit, an error, or the end of the thread. */
export type Outcome =
  | { readonly kind: 'verdict'; readonly reward: Reward | null }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'error'; readonly error: Error }
  /** The thread ended by itself during the check, which another thread may judge. */
  | { readonly kind: 'ended'; readonly error: Error }

/** Limits of a verifier thread. */
export interface ThreadLimits {
  /** Longest time of one check, counted from its start in the loaded thread. @units ms */
  readonly timeLimit: number
  /** Largest heap. @units MiB */
  readonly memoryLimit: number
}

/** Check of a thread, and the functions that it calls. */
interface RunningCheck {
  readonly check: Check
  /** Called when the check starts: at once, or when the verifier is loaded. */
  readonly begin: () => void
  readonly settle: (outcome: Outcome) => void
}

/** Longest time in which a thread loads its verifier. @units ms */
const LOAD_LIMIT = 60_000

/**
 * Verifier in a worker thread, for one check at a time. A check that exceeds a limit ends the thread. The thread keeps
 * the process alive only during a check.
 */
export class VerifierThread {
  readonly #worker: Worker
  readonly #limits: ThreadLimits
  #ready = false
  #hasEnded = false
  #current: RunningCheck | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: VerifierSource, limits: ThreadLimits) {
    this.#limits = limits
    // The flags of this process are not passed on, because a worker fails with some of them, such as `--input-type`.
    this.#worker = new Worker(new URL('./entry.js', import.meta.url), {
      name: `entrain ${source.name}`,
      execArgv: [],
      workerData: source,
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryLimit },
    })
    this.#worker.unref()
    this.#timer = setTimeout(() => this.#end({ kind: 'error', error: notLoaded(source) }), LOAD_LIMIT).unref()
    this.#worker.on('message', (message: Message) => this.#receive(message))
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.#end(full ? { kind: 'fault', fault: 'out-of-memory' } : { kind: 'error', error })
    })
    this.#worker.on('exit', (code) =>
      this.#end({
        kind: this.#ready ? 'ended' : 'error',
        error: new Error(`the verifier's worker ended, exit code ${code}`),
      }),
    )
  }

  /** True if the thread can do another check. */
  get isAlive(): boolean {
    return !this.#hasEnded
  }

  /** Runs a check. It calls `begin` at the start and `settle` at the end, each once, unless the thread is ended before. */
  check(running: RunningCheck): void {
    this.#worker.ref()
    this.#current = running
    if (this.#ready) this.#send(running)
  }

  /** Ends the thread, also during a check. */
  async end(): Promise<void> {
    this.#hasEnded = true
    this.#current = undefined
    clearTimeout(this.#timer)
    await this.#worker.terminate()
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'ready':
        this.#ready = true
        clearTimeout(this.#timer)
        if (this.#current !== undefined) this.#send(this.#current)
        return
      case 'verdict':
        this.#settle(message)
        return
      case 'error': {
        const error = Object.assign(new Error(message.message), { name: message.name })
        if (this.#ready) this.#settle({ kind: 'error', error })
        else this.#end({ kind: 'error', error })
      }
    }
  }

  #send(running: RunningCheck): void {
    const { check, begin } = running
    const { prompt, completion } = check
    this.#timer = setTimeout(() => this.#endLate(running), this.#limits.timeLimit)
    begin()
    const { tokens, logprobs_T } = completion
    // The arrays are copied, because cloning a view clones the whole buffer behind it.
    const copy = { ...completion, tokens: tokens.slice(), logprobs_T: logprobs_T.slice() }
    try {
      this.#worker.postMessage({ prompt, completion: copy } satisfies Check)
    } catch (error) {
      this.#settle({ kind: 'error', error: error as Error })
    }
  }

  #settle(outcome: Outcome): void {
    const current = this.#current
    this.#current = undefined
    clearTimeout(this.#timer)
    if (!this.#hasEnded) this.#worker.unref()
    current?.settle(outcome)
  }

  /** Ends the thread, unless the verdict came in time and waits in the event loop, because this thread was busy. */
  #endLate(running: RunningCheck): void {
    setImmediate(() => {
      if (this.#current === running) this.#end({ kind: 'fault', fault: 'timed-out' })
    })
  }

  #end(outcome: Outcome): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    void this.#worker.terminate()
    this.#settle(outcome)
  }
}

const notLoaded = ({ module, name }: VerifierSource): Error =>
  new Error(`${module}: found no verifier from ${name} within ${LOAD_LIMIT / 1000} s, expected the module to load`)
