import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type EngineName, engineNames } from '../../lib/compute/engine/open-engine.js'
import { writeHuggingFace } from '../../lib/model/hugging-face/write-folder.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { orThrow } from '../../lib/or-throw.js'
import { keyedUniform } from '../../lib/random/uniform.js'
import { differingFiles, type Happened, type Kill, moments, type RunToKill, trainWithKills } from './killed-run.js'
import { parseName } from '../parse-name.js'

const options = {
  kills: { type: 'string', default: '200' },
  runs: { type: 'string', default: '20' },
  seed: { type: 'string', default: '1' },
  engine: { type: 'string' },
} as const

/** Longest time between the beginning of a moment and a kill. A comparison is a whole training. @units ms */
const SHORT = 60
const LONG = 4000

const EVALUATION_EVERY = 3

const small =
  '--steps 8 --prompts 4 --group 4 --evaluation-prompts 4 --evaluation-samples 2 --checkpoint-every 2 --keep 2 --threads 1'.split(
    ' ',
  )

/** Kind of runs. */
interface Kind {
  readonly flags: readonly string[]
  /** True if the run starts from a Hugging Face folder, and not from a file of entrain. */
  readonly isHuggingFace?: true
}

const adapters = ['--lora-rank', '2']

/**
 * Kinds of runs: all weights, adapters, dynamic sampling with several minibatches, a comparison, and both weights and adapters of a
 * Hugging Face folder.
 */
export const kinds: Readonly<Record<string, Kind>> = {
  weights: { flags: [] },
  adapters: { flags: adapters },
  dapo: { flags: ['--algorithm', 'dapo'] },
  comparison: { flags: ['--compare', 'grpo'] },
  'hugging-face': { flags: [], isHuggingFace: true },
  'hugging-face-adapters': { flags: adapters, isHuggingFace: true },
}

/** Model and engine of the runs. */
export interface RunsOptions {
  /** Hugging Face folder for the kinds that start from one: see {@link writeHuggingFaceModel}. */
  readonly huggingFace?: string
  /** Engine; without it, the fastest that opens. */
  readonly engine?: EngineName | undefined
}

/** Writes the bundled model of task countdown as a Hugging Face folder, and returns the folder. */
export const writeHuggingFaceModel = async (folder: string): Promise<string> => {
  await orThrow(writeHuggingFace(folder, await orThrow(readModel(checkpointPath('countdown')))))
  return folder
}

/** Returns a run of a kind in a folder. */
export const runOf = (folder: string, kind: string, { huggingFace, engine }: RunsOptions = {}): RunToKill => {
  const { flags, isHuggingFace } = kinds[kind]!
  return {
    folder,
    flags: [
      ...small,
      ...['--evaluation-every', String(EVALUATION_EVERY)],
      ...flags,
      ...(isHuggingFace === true ? ['--model', huggingFace!] : []),
      ...(engine === undefined ? [] : ['--engine', engine]),
    ],
    evaluationEvery: EVALUATION_EVERY,
  }
}

/**
 * `npm run bench -- kills [--kills N] [--runs N] [--seed S] [--engine NAME]` kills runs at random moments, resumes them, compares
 * their files with those of runs without interruption, and prints how often each moment was met.
 */
export const killsBench = async (flags: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...flags], options })
  const [kills, runs, seed] = [Number(values.kills), Number(values.runs), Number(values.seed)]
  const engine = values.engine === undefined ? undefined : parseName('--engine', values.engine, engineNames)
  const folder = await mkdtemp(join(tmpdir(), 'entrain-kills-'))
  const counts = new Map<Happened, number>()
  try {
    const from = { engine, huggingFace: await writeHuggingFaceModel(join(folder, 'model')) }
    for (const kind of Object.keys(kinds).slice(0, runs))
      await trainWithKills(runOf(join(folder, kind), kind, from), [])
    for (let run = 0; run < runs; run++) {
      const kind = Object.keys(kinds)[run % Object.keys(kinds).length]!
      const killed = runOf(join(folder, `killed-${run}`), kind, from)
      const happened = await trainWithKills(killed, killsOf(seed, run, Math.ceil(kills / runs)))
      for (const moment of happened) counts.set(moment, (counts.get(moment) ?? 0) + 1)
      const different = await differingFiles(join(folder, kind), killed.folder)
      console.log(
        `run ${run + 1} of ${runs} (${kind}): ${happened.length} kills, ${different.length === 0 ? 'the same bytes' : `DIFFERENT: ${different.join(', ')}`}`,
      )
      if (different.length > 0) process.exitCode = 1
      else await rm(killed.folder, { recursive: true })
    }
    console.log(`\n${'moment of the kill'.padEnd(30)} kills`)
    for (const moment of [...moments, 'end'] as const) console.log(moment.padEnd(30), counts.get(moment) ?? 0)
  } finally {
    if (process.exitCode !== 1) await rm(folder, { recursive: true, force: true })
  }
}

/** Draws the kills of a run by key. */
export const killsOf = (seed: number, run: number, count: number): readonly Kill[] =>
  Array.from({ length: count }, (_, i) => {
    const uniform = keyedUniform(seed, run, i)
    const moment = moments[Math.floor(uniform(0) * moments.length)]!
    return { moment, after: uniform(1) * (moment === 'comparison' ? LONG : SHORT) }
  })
