import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { engineNames } from '../lib/compute/engine/engines.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { openBenchEngine } from './bench.js'
import { parseName } from './parse-name.js'

/** Runs a script in a process of its own, because the peak memory of a process never falls. Returns its stdout. */
export const runChild = async (script: URL, args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script), ...args])
  return stdout
}

/** Opens the engine that a parent process named. */
export const openChildEngine = (name: string): Promise<Engine> =>
  openBenchEngine({ engine: parseName('engine', name, engineNames), python: '', device: '' })
