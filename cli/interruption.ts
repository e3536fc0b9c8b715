import { type Observable, ReplaySubject } from 'rxjs'
import { type StopSignal, signalCodes } from './exit.js'
import { ignoresHangUp } from './hang-up.js'
import type { Closable } from './scope.js'
import type { Terminal } from './terminal.js'

/**
 * Request to stop in order, by Ctrl-C (SIGINT), SIGTERM or a closed terminal (SIGHUP): the current operation ends, and its results
 * are written. A second signal leaves out what is not written yet, and a third ends the process at once.
 */
export interface Interruption extends Closable {
  /** Emits at the first request. A later subscriber gets it at once. */
  readonly stop$: Observable<void>
  readonly isRequested: () => boolean
  /** Returns true after a signal, that is, if a person or the system wants the process to end. */
  readonly isSignalled: () => boolean
  /** Returns true after a second signal: the file that is being written is the last one. */
  readonly isHurried: () => boolean
  /** Returns the exit code after a request: that of the first signal, or that of Ctrl-C for a request of the program itself. */
  readonly exitCode: () => number
  /** Requests a stop from the program itself. */
  readonly request: () => void
  /** Restores the usual effect of the signals. */
  readonly close: () => void
}

/** Notes on standard error at the first request and at the next one. */
export interface StopMessages {
  readonly first: string
  readonly again: string
}

const engineStops: StopMessages = {
  first: 'stopping: the current engine run ends, then the results so far are written',
  again:
    'already stopping: waiting for the current engine run and for the file that is being written; another signal ends the process at once',
}

/** Signals to handle, and the way to end the process at once. */
export interface SignalPorts {
  readonly signals: readonly StopSignal[]
  readonly exit: (code: number) => void
}

const processPorts = (): SignalPorts => ({
  signals: ignoresHangUp() ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'],
  exit: (code) => process.exit(code),
})

/** Handles the signals until it is closed. */
export const handleInterruption = (
  terminal: Pick<Terminal, 'note'>,
  messages: StopMessages = engineStops,
  { signals, exit }: SignalPorts = processPorts(),
): Interruption => {
  const stop$ = new ReplaySubject<void>(1)
  const received: StopSignal[] = []
  let requested = false
  const exitCode = () => signalCodes[received[0] ?? 'SIGINT']
  const request = () => {
    terminal.note(requested ? messages.again : messages.first)
    requested = true
    stop$.next()
  }
  const handlers = signals.map((signal) => ({
    signal,
    handle: () => {
      received.push(signal)
      if (received.length > 2) exit(exitCode())
      else request()
    },
  }))
  for (const { signal, handle } of handlers) process.on(signal, handle)
  return {
    stop$,
    isRequested: () => requested,
    isSignalled: () => received.length > 0,
    isHurried: () => received.length > 1,
    exitCode,
    request,
    close: () => handlers.forEach(({ signal, handle }) => process.off(signal, handle)),
  }
}
