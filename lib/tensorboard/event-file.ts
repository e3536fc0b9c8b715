import { appendFileSync, closeSync, openSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../timing/clock.js'
import { type Event, encodeEvent } from './event-proto.js'
import { tfRecord } from './record.js'
import type { Scalar } from './scalars.js'

/** A file that TensorBoard reads. A step is in it when `append` returns, so a run can be watched while it lasts. */
export interface EventFile {
  append(step: number, scalars: readonly Scalar[]): void
  close(): void
}

/**
 * Opens an event file of its own in that folder, `events.out.tfevents.SECONDS.HOST.PID.0`.
 *
 * @units clock: seconds since 1970
 * @errors throws the file system's error
 */
export const eventFile = (folder: string, clock: Clock): EventFile => {
  const opened = clock()
  const seconds = String(Math.floor(opened)).padStart(10, '0')
  const file = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.0`)
  const descriptor = openSync(file, 'a')
  const write = (event: Event) => appendFileSync(descriptor, tfRecord(encodeEvent(event)))
  write({ wallTime: opened, fileVersion: 'brain.Event:2' })
  return {
    append: (step, scalars) => write({ wallTime: clock(), step, scalars }),
    close: () => closeSync(descriptor),
  }
}
