import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { exhaustMap, firstValueFrom, interval, merge, NEVER, type Observable, share } from 'rxjs'
import { isMissing } from '../../lib/file/missing-file.js'
import { runFiles } from '../../lib/run/run-folder.js'
import type { RunState } from '../../lib/control/run-state.js'
import { readSummaryAs, RunSummaryCodec } from '../../lib/run/summary.js'
import type { RunControl } from '../../lib/control/run-control.js'
import type { Logs, RunInfo } from '../feed.js'
import { type Lines, readLines, type Portion } from './read-lines.js'
import { type StepLines, createStepLines } from './step-lines.js'

/** A run to be watched. */
export interface RunToWatch {
  readonly folder: string
  readonly about: Omit<RunInfo, 'run' | 'steerable'>
  /** A hand on it; null where it is only looked at. */
  readonly control: RunControl | null
}

/** A run folder, read as far as it is written. Nothing is kept of it for those who watch. */
export interface WatchedRun extends RunToWatch {
  readonly state: () => Promise<RunState>
  readonly lines: (log: keyof Logs, start: number) => Promise<Lines>
  /** Some rollouts of a step, as they stand in the log. */
  readonly rollouts: StepLines
  /** Another text whenever something was written, or a hand moved. */
  readonly mark: () => Promise<string>
  /** The mark from now on, again and again: one look at the folder serves all who wait. */
  readonly mark$: Observable<string>
}

export const logNames = ['metrics', 'timings', 'evaluations'] as const satisfies readonly (keyof Logs)[]

/** What is sent in one piece: a watcher who takes nothing holds no more than this. */
const PORTION: Portion = { lines: 500, bytes: 2 ** 18 }

/** How often a folder is looked at while someone waits. What tells of changes to a file is not to be relied on everywhere. @units ms */
const LOOK_EVERY = 250

export const watchRun = (run: RunToWatch): WatchedRun => {
  const { folder, control } = run
  const at = (file: keyof typeof runFiles) => join(folder, runFiles[file])
  const mark = async () =>
    JSON.stringify([
      await held(control),
      ...(await Promise.all([...logNames, 'summary' as const].map((file) => markOf(at(file))))),
    ])
  return {
    ...run,
    state: async () => {
      const state = await held(control)
      return { ...state, status: (await statusIn(at('summary'))) ?? state.status }
    },
    lines: (log, start) => readLines(at(log), start, PORTION),
    rollouts: createStepLines(at('rollouts')),
    mark,
    mark$: merge(interval(LOOK_EVERY), control?.state$ ?? NEVER).pipe(exhaustMap(mark), share()),
  }
}

const running: RunState = { status: 'running', override: null }

const held = (control: RunControl | null): Promise<RunState> =>
  control === null ? Promise.resolve(running) : firstValueFrom(control.state$, { defaultValue: running })

/** Sizes tell of lines; a summary is written whole, more than once, and may keep its size. */
const markOf = async (file: string): Promise<readonly number[]> => {
  try {
    const { size, mtimeMs } = await stat(file)
    return [size, mtimeMs]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** How the run ended; null where it has not. */
const statusIn = async (file: string): Promise<RunState['status'] | null> => {
  const read = await readSummaryAs(file, EndedCodec)()
  if (E.isRight(read)) return read.right.status
  if (isMissing(read.left.cause)) return null
  throw read.left
}

/** No more of it is needed, and so a summary of another version will do. */
const EndedCodec = t.type({ status: RunSummaryCodec.type.props.status }, 'RunSummary')
