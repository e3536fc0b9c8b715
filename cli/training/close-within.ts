import { firstValueFrom, from, map, race, timer } from 'rxjs'
import type { OpenedEngines } from '../../lib/compute/engine/open-engines.js'
import type { Terminal } from '../terminal.js'

/** Ends this process at once, with exit code 137. */
const killProcess = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

/**
 * Limits the time in which engines close, because a call that never returns would keep the process alive for ever: threads that
 * do not close are ended. A thread that does not end either hangs in native code, and only the end of the process ends it. Null
 * is no limit.
 *
 * @units seconds
 */
export const closeWithin = <Engines extends Pick<OpenedEngines, 'engine' | 'replicas' | 'close'>>(
  engines: Engines,
  seconds: number | null,
  { note }: Pick<Terminal, 'note'>,
  kill: () => void = killProcess,
): Engines => {
  if (seconds === null) return engines
  const endThreads = () => Promise.all([engines.engine, ...engines.replicas].map((engine) => engine.abandon?.()))
  return {
    ...engines,
    close: async () => {
      if (await isDoneWithin(seconds, engines.close())) return
      note(`the engines do not close within the stage timeout of ${seconds} s: their threads are ended`)
      if (await isDoneWithin(seconds, endThreads())) return
      note('a thread hangs in native code: the process is killed')
      kill()
    },
  }
}

const isDoneWithin = (seconds: number, work: Promise<unknown>): Promise<boolean> =>
  firstValueFrom(race(from(work).pipe(map(() => true)), timer(1000 * seconds).pipe(map(() => false))))
