import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of Python that does one measured run whenever it is asked. */
export interface Peer {
  /** Seconds of one run, by its own clock, and what else it tells. */
  run(): Promise<Readonly<Record<string, number>> & { readonly seconds: number }>
  close(): void
}

/** The scripts lie in the sources: what is built is TypeScript alone. */
const scripts = new URL('../../../bench/peers/', import.meta.url)

/** @errors rejects where Python, a package of it or the script fails, with what it printed */
export const openPeer = (python: string, script: string, args: readonly string[]): Peer => {
  const child = spawn(python, [fileURLToPath(new URL(script, scripts)), ...args], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error(`${python} does not start: ${cause.message}`)))
    child.once('exit', (code) => reject(new Error(`${script} ended, exit code ${code}:\n${complaints}`)))
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
