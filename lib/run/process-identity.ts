import { readFile, readlink } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import * as t from 'io-ts'
import { nullable } from '../codec/nullable.js'
import type { Clock } from '../timing/clock.js'

/** Codec of a {@link ProcessIdentity}. */
export const ProcessIdentityCodec = t.readonly(
  t.type(
    {
      pid: t.number,
      /** Time at which the process started, in ticks since the boot of its machine, because a pid is used again; null outside Linux. */
      started: nullable(t.string),
      host: t.string,
      /** Namespace of the pid, because a container has pids of its own; null outside Linux. */
      namespace: nullable(t.string),
      /** Identity of the boot of the machine. Outside Linux the time of the boot. @units seconds since 1970 */
      boot: t.union([t.string, t.number]),
    },
    'ProcessIdentity',
  ),
)

/** Identity of a process over all machines and boots. */
export type ProcessIdentity = t.TypeOf<typeof ProcessIdentityCodec>

/** Returns the identity of this process. */
export const identifyProcess = async (clock: Clock): Promise<ProcessIdentity> => ({
  pid: process.pid,
  started: (await processStat(process.pid))?.started ?? null,
  host: hostname(),
  namespace: await readlink('/proc/self/ns/pid').catch(() => null),
  boot: await bootOf(clock),
})

/**
 * Returns whether a process exists; null for a process that cannot be seen from here. That is one of another machine or container.
 * A process of another boot may be of another machine with the same name, too. Outside Linux a pid that exists may be that of a later
 * process.
 */
export const isRunning = async (found: ProcessIdentity, clock: Clock): Promise<boolean | null> => {
  const here = await identifyProcess(clock)
  if (found.host !== here.host || found.namespace !== here.namespace || !isSameBoot(found.boot, here.boot)) return null
  if (!hasPid(found.pid)) return false
  const stat = await processStat(found.pid)
  if (stat?.isDead === true) return false
  return stat === null || found.started === null ? null : found.started === stat.started
}

const bootOf = (clock: Clock): Promise<string | number> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (id) => id.trim(),
    () => clock() - uptime(),
  )

/** Largest difference between two measurements of the time of one boot. A clock that is set moves it. @units seconds */
const BOOT_DRIFT = 60

const isSameBoot = (a: ProcessIdentity['boot'], b: ProcessIdentity['boot']): boolean =>
  typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) < BOOT_DRIFT : a === b

const hasPid = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Places of the fields of /proc/PID/stat after the name, which is in parentheses and may contain spaces. */
const STATE = 0
const START_TIME = 19

/** Start time of a process, and whether it has ended and is only not yet collected by its parent; null where /proc has no file of it. */
const processStat = async (pid: number): Promise<{ readonly started: string; readonly isDead: boolean } | null> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { started: fields[START_TIME] ?? '', isDead: ['Z', 'X'].includes(fields[STATE] ?? '') }
}
