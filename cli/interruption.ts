import { type Observable, ReplaySubject } from 'rxjs'
import type { Terminal } from './terminal.js'

/** Ctrl-C, or a polite kill, as a wish to stop in order: what is under way ends, what exists is written. */
export interface Interruption {
  /** Emits at the first Ctrl-C, and at once to whoever subscribes after it. */
  readonly stop$: Observable<void>
  readonly asked: () => boolean
  /** The same wish, from elsewhere. */
  readonly ask: () => void
  /** Gives Ctrl-C its usual meaning back. */
  release(): void
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** What is said at the first Ctrl-C, and at those after it. */
export interface StoppingWords {
  readonly first: string
  readonly again: string
}

const engineStops: StoppingWords = {
  first: 'stopping: the engine ends what it runs, then what there is will be written',
  again: 'already stopping: waiting for the engine to end what it runs',
}

/** Takes both over until it is released. */
export const interruption = (terminal: Terminal, words: StoppingWords = engineStops): Interruption => {
  const stop$ = new ReplaySubject<void>(1)
  let asked = false
  const ask = () => {
    terminal.note(asked ? words.again : words.first)
    asked = true
    stop$.next()
  }
  for (const signal of signals) process.on(signal, ask)
  return { stop$, asked: () => asked, ask, release: () => signals.forEach((signal) => process.off(signal, ask)) }
}
