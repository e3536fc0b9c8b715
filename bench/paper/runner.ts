import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { duration } from '../../lib/report/number-text.js'
import type { RunPlan } from './plan.js'
import { readRecord } from './record.js'

/** Runs one plan, and resolves when its file is written. `signal` ends it. */
export type Execute = (plan: RunPlan, signal: AbortSignal) => Promise<void>

/** Options of {@link runMissing}. */
export interface RunnerOptions {
  /** Folder of the records. */
  readonly folder: string
  /** Number of runs at the same time. */
  readonly jobs: number
  readonly execute: Execute
  /** Ends the running plans and starts no other. */
  readonly signal: AbortSignal
  /** Prints a line. */
  readonly print: (line: string) => void
  /** Expected time of a plan. @units seconds */
  readonly expectedSeconds: (plan: RunPlan) => number
  /** @units seconds */
  readonly clock: () => number
}

/** Result of {@link runMissing}. */
export interface RunnerResult {
  /** Plans that had a record already. */
  readonly cached: number
  /** Plans that were run. */
  readonly done: number
  /** Names and messages of the plans that failed. */
  readonly failures: readonly string[]
}

/**
 * Runs the plans that have no valid record yet, several at the same time. A failure does not stop the others. A second call
 * runs only what is missing, because each run writes its own file when it is complete.
 */
export const runMissing = async (
  plans: ReadonlyMap<string, RunPlan>,
  { folder, jobs, execute, signal, print, expectedSeconds, clock }: RunnerOptions,
): Promise<RunnerResult> => {
  await mkdir(folder, { recursive: true })
  const missing: (readonly [string, RunPlan])[] = []
  for (const entry of plans) if ((await readRecord(folder, entry[1])) === null) missing.push(entry)
  const total = missing.reduce((sum, [, plan]) => sum + expectedSeconds(plan), 0)
  const [start, failures]: [number, string[]] = [clock(), []]
  let [done, expected] = [0, 0]
  print(
    `${plans.size - missing.length} of ${plans.size} runs are complete; ${missing.length} are missing, about ${duration(total / jobs)} with ${jobs} at a time`,
  )
  const queue = missing.values()
  const isEnded = () => signal.aborted
  const work = async () => {
    for (const [name, plan] of queue) {
      if (isEnded()) return
      const begun = clock()
      try {
        await execute(plan, signal)
        done++
      } catch (error) {
        if (isEnded()) return
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        print(`FAILED ${failures.at(-1)!}`)
      }
      expected += expectedSeconds(plan)
      const left = ((clock() - start) / expected) * (total - expected)
      print(
        `${done + failures.length}/${missing.length}  ${name}: ${duration(clock() - begun)}, ${duration(left)} left`,
      )
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return { cached: plans.size - missing.length, done, failures }
}

/** Lines of an error output that an error message repeats. */
const LAST_LINES = 6

/** Runs a script of this build in a process of its own. @errors Error with the last lines of its error output */
export const runScript = (script: URL, args: readonly string[], signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [fileURLToPath(script), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    })
    let lines: string[] = []
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lines = [...lines, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-LAST_LINES)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(lines.join('\n') || `exit code ${code}`))
    })
  })
