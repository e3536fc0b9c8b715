import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TimedRun } from '../measure.js'

/** Python program that makes one measured run at each request. */
export interface Peer {
  /** Makes a run. Returns its seconds by the clock of the program, and its other numbers. */
  run(): Promise<Readonly<Record<string, number>> & { readonly seconds: number }>
  close(): void
}

/** Returns the run of a peer, with its time by the clock of its program. */
export const secondsOf =
  (peer: Peer): TimedRun =>
  async () =>
    (await peer.run()).seconds

/** Folder of the scripts in the sources, because the build contains TypeScript only. */
const scripts = new URL('../../../bench/peers/', import.meta.url)

/** Starts a peer. @errors `run` rejects if Python, a package or the script fails, with the last lines of stderr */
export const openPeer = (python: string, script: string, args: readonly string[]): Peer => {
  const child = spawn(python, [fileURLToPath(new URL(script, scripts)), ...args], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  })
  let errorText = ''
  child.stderr.on('data', (chunk: Buffer) => (errorText = (errorText + chunk.toString()).slice(-2000)))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(
        new Error(`${python}: found that it does not start (${cause.message}), expected a Python command (--python)`),
      ),
    )
    child.once('exit', (code) => reject(new Error(`${script} ended, exit code ${code}:\n${errorText}`)))
  })
  ended.catch(() => undefined)
  return {
    run: async () => {
      child.stdin.write('run\n')
      const line = await Promise.race([lines.next(), ended])
      if (line.done === true) return ended
      return JSON.parse(line.value) as { seconds: number }
    },
    close: () => child.stdin.end(),
  }
}
