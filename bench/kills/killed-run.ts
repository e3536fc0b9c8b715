import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runFiles } from '../../lib/run/run-folder.js'

/** Moments of a run, as its folder shows them. */
export const moments = [
  'start',
  'evaluation of the base model',
  'training step',
  'held-out evaluation',
  'checkpoint',
  'saving of the model',
  'plots',
  'last evaluation',
  'comparison',
] as const

/** Moment of a run. */
export type Moment = (typeof moments)[number]

/** Place of a kill: the first time that the run is at a moment after its process has started, and a time after that. */
export interface Kill {
  readonly moment: Moment
  /** @units ms */
  readonly after: number
}

/** Kill as it happened: the moment at which the process was, or `end` if the run ended before. */
export type Happened = Moment | 'end'

/** The `entrain` command of this build. */
const command = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

/** A run and the number of steps between two of its evaluations. */
export interface RunToKill {
  readonly folder: string
  readonly flags: readonly string[]
  readonly evaluationEvery: number
}

/**
 * Trains a run that is killed several times (SIGKILL) and resumed after each, until it ends. Returns the moments of the kills.
 *
 * @errors rejects if a process ends with a code other than 0, with its messages
 */
export const trainWithKills = async (run: RunToKill, kills: readonly Kill[]): Promise<readonly Happened[]> => {
  const happened: Happened[] = []
  for (const kill of kills) happened.push(await killAt(run, kill))
  await requireSuccess(await startOrResume(run))
  return happened
}

/** Runs a command line of `entrain`. @errors rejects with its messages if it ends with a code other than 0 */
export const runCommand = (words: readonly string[]): Promise<void> => requireSuccess(startCommand(words))

/** Waits for the end of a process. @errors rejects with its messages if it ends with a code other than 0 */
export const requireSuccess = async ({ exit, messages }: StartedCommand): Promise<void> => {
  const code = await exit
  if (code !== 0) throw new Error(`exit code ${code}: ${messages()}`)
}

/** Steps after which a process is killed if it has not come to the moment that was drawn. */
const MOST_STEPS = 3

const killAt = async (run: RunToKill, { moment, after }: Kill): Promise<Happened> => {
  const begun = await progressOf(run)
  const { child, exit, messages } = await startOrResume(run)
  const ending = { isOver: false }
  void exit.then(() => {
    ending.isOver = true
  })
  const momentNow = async (): Promise<Moment> => momentAfterStart(run, child.pid!, begun, await progressOf(run))
  const isReached = async () => {
    const now = await momentNow()
    const { steps } = await progressOf(run)
    const isPast = moments.indexOf(now) > moments.indexOf(moment) && moments.indexOf(now) >= SAVING
    return now === moment || (now !== 'start' && (isPast || steps >= begun.steps + MOST_STEPS))
  }
  while (!ending.isOver && !(await isReached())) await delay(1)
  await Promise.race([delay(after), exit])
  const found = ending.isOver ? 'end' : await momentNow()
  child.kill('SIGKILL')
  const code = await exit
  if (code !== null && code !== 0) throw new Error(`exit code ${code}: ${messages()}`)
  return code === 0 ? 'end' : found
}

/** First of the moments after the last step. */
const SAVING = moments.indexOf('saving of the model')

/** Starts the process of a run, or resumes the run if its folder has one. */
export const startOrResume = async ({
  folder,
  flags,
}: Pick<RunToKill, 'folder' | 'flags'>): Promise<StartedCommand> => {
  const hasBegun = (await textOf(join(folder, runFiles.config))) !== ''
  return startCommand(hasBegun ? ['resume', folder] : ['train', '--out', folder, ...flags])
}

/** Process of the command. */
export interface StartedCommand {
  readonly child: ChildProcess
  /** Exit code; null if the process was killed. */
  readonly exit: Promise<number | null>
  /** Returns what the process has written to standard error. */
  readonly messages: () => string
}

const startCommand = (words: readonly string[]): StartedCommand => {
  const child = spawn(process.execPath, [command, ...words, '--quiet'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += String(chunk)
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, exit, messages: () => text }
}

/** Progress of a run, read from its folder. */
interface Progress {
  readonly status: string
  readonly steps: number
  readonly evaluations: number
  readonly resumptions: number
  readonly names: readonly string[]
  readonly isWritingCheckpoint: boolean
}

const progressOf = async ({ folder }: RunToKill): Promise<Progress> => ({
  status: /"status": "(\w+)"/.exec(await textOf(join(folder, runFiles.summary)))?.[1] ?? '',
  steps: linesOf(await textOf(join(folder, runFiles.metrics))),
  evaluations: linesOf(await textOf(join(folder, runFiles.evaluations))),
  resumptions: linesOf(await textOf(join(folder, runFiles.resumptions))),
  names: await namesIn(folder),
  isWritingCheckpoint: (await namesIn(join(folder, runFiles.checkpoints))).some((name) => !/^step-\d+$/.test(name)),
})

/** Returns where the process of a run is. Until it has opened the folder, the folder shows the process before it. */
const momentAfterStart = async (run: RunToKill, pid: number, begun: Progress, now: Progress): Promise<Moment> => {
  const lock = await textOf(join(run.folder, runFiles.lock))
  const hasOpened = begun.status === '' ? now.status !== '' : now.resumptions > begun.resumptions
  if (!lock.includes(`"pid":${pid},`) || !hasOpened) return 'start'
  const { status, steps, evaluations, names } = now
  if (names.includes(runFiles.comparison)) return 'comparison'
  if (status === 'saving' || status === 'finished') {
    if (names.includes(`${runFiles.rewardPlot}.png`)) return 'last evaluation'
    const isSaved = [runFiles.checkpoint, runFiles.adapter, runFiles.model].some((name) => names.includes(name))
    return isSaved ? 'plots' : 'saving of the model'
  }
  if (now.isWritingCheckpoint) return 'checkpoint'
  if (steps === 0) return evaluations === 0 ? 'evaluation of the base model' : 'training step'
  const isEvaluating = steps % run.evaluationEvery === 0 && evaluations <= steps / run.evaluationEvery
  return isEvaluating ? 'held-out evaluation' : 'training step'
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

const linesOf = (text: string): number => text.split('\n').length - 1

/** Files of a run that a run without interruption has with the same bytes. */
const comparable = [runFiles.metrics, runFiles.evaluations, runFiles.rollouts, runFiles.checkpoint] as const

/** Returns the files that differ between two runs, of those that a resumed run writes with the same bytes. */
export const differingFiles = async (one: string, other: string): Promise<readonly string[]> => {
  const inFolder = async (folder: string) => (await namesIn(join(one, folder))).map((name) => join(folder, name))
  const models = [...(await inFolder(runFiles.adapter)), ...(await inFolder(runFiles.model))]
  const files = [...comparable, ...models].flatMap((name) => [name, join(runFiles.comparison, name)])
  const bytesOf = (run: string, file: string) => readFile(join(run, file)).catch(() => Buffer.of())
  const isEqual = await Promise.all(
    files.map(async (file) => (await bytesOf(one, file)).equals(await bytesOf(other, file))),
  )
  return files.filter((_, i) => !isEqual[i])
}
