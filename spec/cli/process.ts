import { type ChildProcess, execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect } from 'vitest'

/** A machine with much else to do needs it. @units milliseconds */
export const PATIENCE = 120_000

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a process ended. */
export interface Ended {
  /** Null where it was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts `entrain` with these words, as a process of its own in that folder and with that besides in its environment. */
export const start = (argv: readonly string[], cwd = root, besides: NodeJS.ProcessEnv = {}): Started => {
  const words = [join(root, 'dist/cli/main.js'), ...argv]
  const env = { ...process.env, ...besides }
  let child!: ChildProcess
  const ended = new Promise<Ended>((resolve) => {
    child = execFile(process.execPath, words, { cwd, env, timeout: PATIENCE }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
  return { child, ended }
}

export const entrain = (...argv: readonly string[]): Promise<Ended> => start(argv).ended

/** The same where it has to succeed. */
export const entrainWell = async (...argv: readonly string[]): Promise<Ended> => {
  const ended = await entrain(...argv)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return ended
}

/** Resolves once the process has printed a text that matches. */
export const printed = ({ child, ended }: Started, pattern: RegExp): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += String(chunk)
      if (pattern.test(text)) resolve()
    })
    void ended.then((end) => reject(new Error(`ended before it printed ${pattern.source}: ${JSON.stringify(end)}`)))
  })

/** Sizes of a base model that takes a second to make. */
export const tinySizes =
  '--model-width 16 --model-layers 1 --model-heads 2 --model-kv-heads 1 --model-feed-forward 16'.split(' ')
export const tinyBase = [...'--steps 3 --batch 8 --engine onnx'.split(' '), ...tinySizes]

/** A folder that the tests of a file share, and in it a base model; gone after the last of them. */
export const workshop = (): { readonly at: (...names: readonly string[]) => string; readonly base: () => string } => {
  let folder = ''
  const at = (...names: readonly string[]) => join(folder, ...names)
  const base = () => at('base.safetensors')
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrain-'))
    await entrainWell('pretrain', base(), ...tinyBase)
  }, PATIENCE)
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return { at, base }
}

/** A message for people: that exit code, nothing of what a stack trace has, and few lines. */
export const expectMessage = ({ code, stderr }: Ended, expected: number, message: string | RegExp): void => {
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^ {4}at |node:internal|\[object|undefined/m)
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
  expect(code).toBe(expected)
}
