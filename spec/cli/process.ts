import { type ChildProcess, execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect } from 'vitest'
import { PATIENCE } from '../patience.js'
import { entrainWellHere } from './in-process.js'

export { PATIENCE }

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Result of a process. */
export interface Ended {
  /** Null if it was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts `entrain` as a process with these arguments, in a folder, with further environment variables, and a time limit. */
export const start = (
  argv: readonly string[],
  cwd = root,
  besides: NodeJS.ProcessEnv = {},
  timeout = PATIENCE,
): Started => {
  const words = [join(root, 'dist/cli/main.js'), ...argv]
  const env = { ...process.env, ...besides }
  let child!: ChildProcess
  const ended = new Promise<Ended>((resolve) => {
    child = execFile(process.execPath, words, { cwd, env, timeout }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
  return { child, ended }
}

export const entrain = (...argv: readonly string[]): Promise<Ended> => start(argv).ended

/** Runs `entrain` and expects success. */
export const entrainWell = async (...argv: readonly string[]): Promise<Ended> => {
  const ended = await entrain(...argv)
  expect(ended).toMatchObject({ code: 0 })
  return ended
}

/** Resolves once the process has printed a text that matches, on either stream. */
export const printed = ({ child, ended }: Started, pattern: RegExp): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        text += String(chunk)
        if (pattern.test(text)) resolve()
      })
    void ended.then((end) => reject(new Error(`ended before it printed ${pattern.source}: ${JSON.stringify(end)}`)))
  })

/** Sizes of a base model that trains in a second. */
export const tinySizes =
  '--model-width 16 --model-layers 1 --model-heads 2 --model-kv-heads 1 --model-feed-forward 16'.split(' ')
export const tinyBase = [...'--steps 3 --batch 8 --engine onnx'.split(' '), ...tinySizes]

let bytesOfBase: Promise<Uint8Array> | undefined

const pretrainBase = async (): Promise<Uint8Array> => {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-base-'))
  try {
    const file = join(folder, 'base.safetensors')
    await entrainWellHere('pretrain', file, ...tinyBase)
    return await readFile(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Folder with a base model for the tests of a file. It is removed after the last of them. The files of a worker get the same
 * model, which is trained once.
 */
export const workshop = (): { readonly at: (...names: readonly string[]) => string; readonly base: () => string } => {
  let folder = ''
  const at = (...names: readonly string[]) => join(folder, ...names)
  const base = () => at('base.safetensors')
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrain-'))
    bytesOfBase ??= pretrainBase()
    await writeFile(base(), await bytesOfBase)
  }, PATIENCE)
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return { at, base }
}

/** Expects an exit code and a message of few lines without a stack trace, below the progress if there is any. */
export const expectMessage = (
  { code, stderr }: Pick<Ended, 'code' | 'stderr'>,
  expected: number,
  message: string | RegExp,
): void => {
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^ {4}at |node:internal|\[object|undefined/m)
  const at = typeof message === 'string' ? stderr.indexOf(message) : stderr.search(message)
  expect(stderr.slice(at).trimEnd().split('\n').length).toBeLessThanOrEqual(4)
  expect(code).toBe(expected)
}
