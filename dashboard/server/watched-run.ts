import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { exhaustMap, firstValueFrom, interval, merge, NEVER, type Observable, share } from 'rxjs'
import type { RunControl } from '../../lib/control/run-control.js'
import { isOver, type RunState } from '../../lib/control/run-state.js'
import { orThrow } from '../../lib/or-throw.js'
import type { Schedule } from '../../lib/entropy/band.js'
import { isMissing } from '../../lib/file/missing-file.js'
import type { Band } from '../../lib/rollout/band.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { readRunServers } from '../../lib/run/run-servers.js'
import { readRunLife } from '../../lib/run/run-lock.js'
import { readRunStatus } from '../../lib/run/run-status.js'
import { wallClock } from '../../lib/timing/wall-clock.js'
import type { Logs, RunInfo } from '../feed.js'
import { type Lines, readLines, type Portion } from './read-lines.js'
import { type StepLines, createStepLines } from './step-lines.js'

/** Name, heading, length and band plan of a run. */
export interface RunDescription extends Pick<RunInfo, 'name' | 'heading' | 'planned'> {
  /** Planned band at a step, counted from 0; or the bands of all steps, the last of which holds for the steps after it. */
  readonly band: Schedule | readonly Band[]
}

/** Run that a dashboard is to show. */
export interface RunToWatch {
  readonly folder: string
  readonly about: RunDescription
  /** Control that executes the commands of a page; null if the run can only be watched. */
  readonly control: Pick<RunControl, 'state$' | 'execute'> | null
}

/** Reader of a run folder while the run writes it. It caches no lines. */
export interface WatchedRun extends RunToWatch {
  readonly state: () => Promise<RunState>
  readonly lines: (log: keyof Logs, start: number) => Promise<Lines>
  /**
   * Returns a text that changes when the run was resumed, or when another run has its folder. The positions of a reader are then of
   * other lines, also if its logs have become longer meanwhile.
   */
  readonly edition: () => Promise<string>
  /** Kept rollouts of a step, as the line of the log. */
  readonly rollouts: StepLines
  /** Returns a text that changes when the folder or the state of the run changes. */
  readonly mark: () => Promise<string>
  /** Emits the mark at regular times. All subscribers share one check of the folder. */
  readonly mark$: Observable<string>
}

export const logNames = ['metrics', 'timings', 'evaluations'] as const satisfies readonly (keyof Logs)[]

/** Largest piece of a log that is read at once. */
const PORTION: Portion = { lines: 500, bytes: 2 ** 18 }

/** Time between two checks of a folder. File watchers are not reliable on all systems. @units ms */
const POLL_EVERY = 250

/** Opens a run folder for a dashboard. @errors FileError for an unreadable file; the errors of the file system */
export const watchRun = (run: RunToWatch): WatchedRun => {
  const { folder, control } = run
  const at = (file: keyof typeof runFiles) => join(folder, runFiles[file])
  const marksOf = (files: readonly (keyof typeof runFiles)[]) => Promise.all(files.map((file) => markOf(at(file))))
  // A resumed run cuts its logs before it records that it was resumed, and adds lines afterwards.
  const edition = async () => JSON.stringify(await marksOf(['config', 'resumptions']))
  const mark = async () =>
    JSON.stringify([
      await edition(),
      await stateOf(control),
      // A process that ends by force changes no file. The process that has the control is this one.
      control === null ? (await readRunLife(folder, wallClock)).life : 'alive',
      ...(await marksOf([...logNames, 'summary', 'servers'])),
    ])
  return {
    ...run,
    state: async () => {
      const servers = await orThrow(readRunServers(folder))
      const state = { ...(await stateOf(control)), ...(servers === null ? {} : { servers }) }
      const { status, lastSign, failure } = await orThrow(readRunStatus(folder, wallClock))
      // Only the control of a run knows that the run is paused or stopping.
      if (status === null || (control !== null && !isOver({ ...state, status }))) return state
      return {
        ...state,
        status,
        ...(lastSign === null ? {} : { lastSign: lastSign.toISOString() }),
        ...(failure === null ? {} : { failure }),
      }
    },
    lines: (log, start) => readLines(at(log), start, PORTION),
    edition,
    rollouts: createCurrentStepLines(at('rollouts'), edition),
    mark,
    mark$: merge(interval(POLL_EVERY), control?.state$ ?? NEVER).pipe(exhaustMap(mark), share()),
  }
}

/** Creates a reader of log lines by their step that begins again when the edition changes. */
const createCurrentStepLines = (file: string, edition: WatchedRun['edition']): StepLines => {
  let current: { readonly edition: string; readonly lines: StepLines } | undefined
  return async (step) => {
    const found = await edition()
    if (current?.edition !== found) current = { edition: found, lines: createStepLines(file) }
    return current.lines(step)
  }
}

const running: RunState = { status: 'running', override: null }

const stateOf = (control: RunToWatch['control']): Promise<RunState> =>
  control === null ? Promise.resolve(running) : firstValueFrom(control.state$, { defaultValue: running })

/** The modification time is needed because a rewritten summary can keep its size. */
const markOf = async (file: string): Promise<readonly number[]> => {
  try {
    const { size, mtimeMs } = await stat(file)
    return [size, mtimeMs]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
