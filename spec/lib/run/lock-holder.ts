import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const module = new URL('../../../dist/lib/run/run-lock.js', import.meta.url).href
const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Program that claims a folder, prints `held` or `refused`, and lives until its input ends. */
const program = `
  const { claimRun } = await import(${JSON.stringify(module)})
  const claimed = await claimRun(process.argv[1], () => Date.now() / 1000)()
  console.log(claimed._tag === 'Right' ? 'held' : 'refused')
  for await (const _ of process.stdin);
`

/** Process that has tried to claim a folder. */
export interface Holder {
  readonly child: ChildProcess
  readonly answer: string
  /** Kills the process by force and waits for its end. */
  readonly kill: () => Promise<void>
}

/** Starts a process that claims a folder, and waits for its answer. The process is killed after the test. */
export const startHolder = async (folder: string): Promise<Holder> => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  for await (const answer of createInterface({ input: child.stdout })) return { child, answer, kill }
  throw new Error('the process ended without an answer')
}
