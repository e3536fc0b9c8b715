import { type Observable, ReplaySubject } from 'rxjs'
import type { Closable } from './scope.js'
import type { Terminal } from './terminal.js'

/** Request to stop in order, by Ctrl-C (SIGINT) or SIGTERM: the current operation ends, and its results are written. */
export interface Interruption extends Closable {
  /** Emits at the first request. A later subscriber gets it at once. */
  readonly stop$: Observable<void>
  readonly isRequested: () => boolean
  /** Returns true after a signal, that is, if a person or the system wants the process to end. */
  readonly isSignalled: () => boolean
  /** Requests a stop from the program itself. */
  readonly request: () => void
  /** Restores the usual effect of the signals. */
  readonly close: () => void
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Notes on standard error at the first request and at every later one. */
export interface StopMessages {
  readonly first: string
  readonly again: string
}

const engineStops: StopMessages = {
  first: 'stopping: the current engine run ends, then the results so far are written',
  again: 'already stopping: waiting for the current engine run to end',
}

/** Handles both signals until it is closed. */
export const handleInterruption = (terminal: Terminal, messages: StopMessages = engineStops): Interruption => {
  const stop$ = new ReplaySubject<void>(1)
  let requested = false
  let signalled = false
  const request = () => {
    terminal.note(requested ? messages.again : messages.first)
    requested = true
    stop$.next()
  }
  const onSignal = () => {
    signalled = true
    request()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    stop$,
    isRequested: () => requested,
    isSignalled: () => signalled,
    request,
    close: () => signals.forEach((signal) => process.off(signal, onSignal)),
  }
}
