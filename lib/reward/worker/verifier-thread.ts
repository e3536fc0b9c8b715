import { Worker } from 'node:worker_threads'
import type { Fault, Reward } from '../../rollout/reward.js'
import type { Check, Message, VerifierSource } from './protocol.js'

/** How a check ended. */
export type Outcome =
  | { readonly kind: 'verdict'; readonly reward: Reward | null }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'error'; readonly error: Error }

export interface ThreadLimits {
  /** For one check, from when the verifier is there. @units ms */
  readonly timeLimit: number
  /** Of the heap. @units MiB */
  readonly memoryLimit: number
}

/**
 * A verifier in a thread of its own, for one check at a time. A check that takes too long, or too much, ends the thread.
 * It keeps the process alive while it checks, and only then.
 */
export class VerifierThread {
  readonly #worker: Worker
  readonly #limits: ThreadLimits
  #ready = false
  #ended = false
  #asked: { readonly check: Check; readonly settle: (outcome: Outcome) => void } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: VerifierSource, limits: ThreadLimits) {
    this.#limits = limits
    // Flags that this process was started with may not fit a worker: `--input-type` makes it fail.
    this.#worker = new Worker(new URL('./entry.js', import.meta.url), {
      name: `entrain ${source.name}`,
      execArgv: [],
      workerData: source,
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryLimit },
    })
    this.#worker.unref()
    this.#worker.on('message', (message: Message) => this.#hear(message))
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.#end(full ? { kind: 'fault', fault: 'out-of-memory' } : { kind: 'error', error })
    })
    this.#worker.on('exit', (code) =>
      this.#end({ kind: 'error', error: new Error(`the verifier's worker ended, exit code ${code}`) }),
    )
  }

  /** Whether it can be asked again. */
  get isAlive(): boolean {
    return !this.#ended
  }

  /** Calls back once, unless it is ended before. */
  check(check: Check, settle: (outcome: Outcome) => void): void {
    this.#worker.ref()
    this.#asked = { check, settle }
    if (this.#ready) this.#send(check)
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    this.#ended = true
    this.#asked = undefined
    clearTimeout(this.#timer)
    await this.#worker.terminate()
  }

  #hear(message: Message): void {
    switch (message.kind) {
      case 'ready':
        this.#ready = true
        if (this.#asked !== undefined) this.#send(this.#asked.check)
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

  #send({ prompt, completion }: Check): void {
    const { timeLimit } = this.#limits
    this.#timer = setTimeout(() => this.#end({ kind: 'fault', fault: 'timed-out' }), timeLimit)
    const { tokens, logprobs_T } = completion
    // Copied, since cloning a view clones all that is behind it.
    const copy = { ...completion, tokens: tokens.slice(), logprobs_T: logprobs_T.slice() }
    try {
      this.#worker.postMessage({ prompt, completion: copy } satisfies Check)
    } catch (error) {
      this.#settle({ kind: 'error', error: error as Error })
    }
  }

  #settle(outcome: Outcome): void {
    const asked = this.#asked
    this.#asked = undefined
    clearTimeout(this.#timer)
    if (!this.#ended) this.#worker.unref()
    asked?.settle(outcome)
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return
    this.#ended = true
    void this.#worker.terminate()
    this.#settle(outcome)
  }
}
