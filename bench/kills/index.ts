import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keyedUniform } from '../../lib/random/uniform.js'
import { differingFiles, type Happened, type Kill, moments, type RunToKill, trainWithKills } from './killed-run.js'

const options = {
  kills: { type: 'string', default: '200' },
  runs: { type: 'string', default: '20' },
  seed: { type: 'string', default: '1' },
} as const

/** Longest time between the beginning of a moment and a kill. A comparison is a whole training. @units ms */
const SHORT = 60
const LONG = 4000

const EVALUATION_EVERY = 3

const small =
  '--steps 8 --prompts 4 --group 4 --evaluation-prompts 4 --evaluation-samples 2 --checkpoint-every 2 --keep 2 --threads 1'.split(
    ' ',
  )

/** Kinds of runs: all weights, adapters, dynamic sampling with several minibatches, and a comparison. */
export const kinds: Readonly<Record<string, readonly string[]>> = {
  weights: [],
  adapters: ['--lora-rank', '2'],
  dapo: ['--algorithm', 'dapo'],
  comparison: ['--compare', 'grpo'],
}

/** Returns a run of a kind in a folder. */
export const runOf = (folder: string, kind: string): RunToKill => ({
  folder,
  flags: [...small, '--evaluation-every', String(EVALUATION_EVERY), ...kinds[kind]!],
  evaluationEvery: EVALUATION_EVERY,
})

/**
 * `npm run bench -- kills [--kills N] [--runs N] [--seed S]` kills runs at random moments, resumes them, compares their files with
 * those of runs without interruption, and prints how often each moment was met.
 */
export const killsBench = async (flags: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...flags], options })
  const [kills, runs, seed] = [Number(values.kills), Number(values.runs), Number(values.seed)]
  const folder = await mkdtemp(join(tmpdir(), 'entrain-kills-'))
  const counts = new Map<Happened, number>()
  try {
    for (const kind of Object.keys(kinds)) await trainWithKills(runOf(join(folder, kind), kind), [])
    for (let run = 0; run < runs; run++) {
      const kind = Object.keys(kinds)[run % Object.keys(kinds).length]!
      const killed = runOf(join(folder, `killed-${run}`), kind)
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
