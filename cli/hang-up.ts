import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { once } from '../lib/resource.js'

/** Evidence of the start of this process, from which {@link isStartedWithoutHangUp} concludes. */
export interface StartEvidence {
  /** Command that the shell started, which is in the variable `_`. */
  readonly command: string | undefined
  /** Text of the file `/proc/PID/status` of the parent process; null outside Linux. */
  readonly parentStatus: string | null
  /** Target and open flags of standard input; null outside Linux. */
  readonly input: { readonly target: string; readonly flags: number } | null
}

/** Access modes of an open file, and the mode that can only write. */
const ACCESS_MODES = 0o3
const WRITE_ONLY = 0o1

/** Bit of SIGHUP, which is signal 1, in the mask of a process. */
const HANG_UP = 1n

/**
 * Returns whether a process was started with SIGHUP ignored, as `nohup` and `trap '' HUP` do.
 *
 * A program inherits that a signal is ignored, but Node resets it before the first line of JavaScript runs, so that the program
 * cannot ask the system. Three traces remain: the shell wrote the command `nohup` into the variable `_`; the parent process ignores
 * the signal itself, as the shell of a script under `nohup` does; or standard input is /dev/null opened for writing, with which
 * `nohup` replaces a terminal.
 *
 * @source coreutils, src/nohup.c; Node.js, src/node.cc, PlatformInit
 */
export const isStartedWithoutHangUp = ({ command, parentStatus, input }: StartEvidence): boolean =>
  (command !== undefined && basename(command) === 'nohup') ||
  (ignoredBy(parentStatus) & HANG_UP) !== 0n ||
  (input?.target === '/dev/null' && (input.flags & ACCESS_MODES) === WRITE_ONLY)

const ignoredBy = (status: string | null): bigint =>
  BigInt(`0x${/^SigIgn:\s*([\da-f]+)$/m.exec(status ?? '')?.[1] ?? '0'}`)

/** Returns whether this process was started with SIGHUP ignored. The first call decides, because the parent process may end. */
export const ignoresHangUp = once(() =>
  isStartedWithoutHangUp({
    command: process.env['_'],
    parentStatus: orNull(() => readFileSync(`/proc/${process.ppid}/status`, 'utf8')),
    input: orNull(() => ({
      target: readlinkSync('/proc/self/fd/0'),
      flags: Number.parseInt(/^flags:\s*(\d+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))![1]!, 8),
    })),
  }),
)

/** Keeps SIGHUP without effect in a process that was started so, because its usual effect would end the process. */
export const keepHangUpIgnored = (): void => {
  if (ignoresHangUp()) process.on('SIGHUP', () => undefined)
}

const orNull = <A>(read: () => A): A | null => {
  try {
    return read()
  } catch {
    return null
  }
}
