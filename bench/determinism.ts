import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { type EngineName, engineNames, openEngine } from '../lib/compute/engine/open-engine.js'
import { inMemory } from '../lib/model/model-checkpoint.js'
import { readModel } from '../lib/model/model-file.js'
import { orThrow } from '../lib/or-throw.js'
import { runFiles } from '../lib/run/run-folder.js'
import { type Cell, formatTable } from './bench.js'
import { killsOf, runOf } from './kills/index.js'
import { differingFiles, requireSuccess, runCommand, startOrResume, trainWithKills } from './kills/killed-run.js'
import { parseName } from './parse-name.js'

/** Way to make a run. */
interface Variant {
  readonly flags: readonly string[]
  /** Number of times that the run is killed and resumed. */
  readonly kills: number
  /** True if a page of the dashboard follows the run. */
  readonly isWatched: boolean
  /** Name of the variant that the run is compared with; null for none. */
  readonly against: VariantName | null
}

type VariantName =
  | 'first run'
  | 'the same again'
  | 'killed twice and resumed'
  | 'dashboard with a page'
  | 'two replicas'
  | 'two replicas again'
  | 'two replicas, killed twice and resumed'

const plain: Variant = { flags: [], kills: 0, isWatched: false, against: 'first run' }
const onReplicas: Variant = { ...plain, flags: ['--replicas', '2'] }

export const variants: Readonly<Record<VariantName, Variant>> = {
  'first run': { ...plain, against: null },
  'the same again': plain,
  'killed twice and resumed': { ...plain, kills: 2 },
  'dashboard with a page': { ...plain, flags: ['--dashboard', '--port', '0', '--linger', '0'], isWatched: true },
  'two replicas': onReplicas,
  'two replicas again': { ...onReplicas, against: 'two replicas' },
  'two replicas, killed twice and resumed': { ...onReplicas, kills: 2, against: 'two replicas' },
}

/** A model that also trains fast on the slowest engine. */
const tinyModel =
  '--steps 50 --batch 8 --engine onnx --model-width 32 --model-layers 2 --model-heads 2 --model-kv-heads 1 --model-feed-forward 32'.split(
    ' ',
  )

/** The tiny model solves nothing, so its rewards differ by the overlong penalty alone. */
const tinyRun = '--entropy-band auto --overlong-buffer 12 --learning-rate 0.003'.split(' ')

const options = { engine: { type: 'string', multiple: true } } as const

/**
 * `npm run bench -- determinism [--engine NAME]` makes the same small run in several ways on each engine that opens, and prints which
 * files differ from those of the run that it is compared with. It fails if a file differs that should not.
 */
export const determinismBench = async (flags: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...flags], options })
  const names = values.engine?.map((name) => parseName('--engine', name, engineNames)) ?? (await enginesHere())
  const folder = await mkdtemp(join(tmpdir(), 'entrain-determinism-'))
  try {
    const model = await makeModel(folder)
    for (const engine of names) {
      const differences = await compareVariants(join(folder, engine), engine, model)
      console.log(`${formatTable({ title: `Files that differ, ${engine}`, heading, rows: differences.map(rowOf) })}\n`)
      if (differences.some(isUnexpected)) process.exitCode = 1
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const enginesHere = async (): Promise<readonly EngineName[]> => {
  const names: EngineName[] = []
  for (const name of engineNames) {
    const opened = await openEngine(name)()
    if (E.isLeft(opened)) continue
    await opened.right.engine.close()
    names.push(name)
  }
  return names
}

/** Makes the base model of all runs in a folder. Returns its file. */
export const makeModel = async (folder: string): Promise<string> => {
  const file = join(folder, 'base.safetensors')
  await runCommand(['pretrain', file, ...tinyModel])
  return file
}

/** Differences between a run and the run that it is compared with. */
export interface Difference {
  readonly name: VariantName
  readonly against: VariantName
  readonly files: readonly string[]
  /** First step whose metrics differ, and the field that differs most, relative to its larger value; null if all are equal. */
  readonly first: { readonly step: number; readonly field: string; readonly by: number } | null
  /** Largest difference between two trained weights, relative to the largest weight. */
  readonly weights: number
}

/** Makes the runs of some variants on an engine, in the folders of their names, and compares each with its other run. */
export const compareVariants = async (
  folder: string,
  engine: EngineName,
  model: string,
  names = Object.keys(variants) as readonly VariantName[],
): Promise<readonly Difference[]> => {
  const differences: Difference[] = []
  for (const name of names) {
    const { flags, kills, isWatched, against } = variants[name]
    const run = runOf(join(folder, name), 'weights')
    const words = [...run.flags, ...flags, '--engine', engine, '--model', model, ...tinyRun]
    if (isWatched) await trainWatched(run.folder, words)
    else await trainWithKills({ ...run, flags: words }, killsOf(1, 0, kills))
    if (against !== null) differences.push(await differenceOf(folder, name, against))
  }
  return differences
}

/** Trains a run while a page reads the feed of its dashboard to the end. */
const trainWatched = async (folder: string, flags: readonly string[]): Promise<void> => {
  const started = await startOrResume({ folder, flags })
  const isOver = started.exit.then(() => true)
  let url: string | undefined
  while (url === undefined && !(await Promise.race([isOver, delay(10, false)])))
    url = /^dashboard (\S+)/m.exec(started.messages())?.[1]
  if (url !== undefined) await readFeed(new URL(url))
  await requireSuccess(started)
}

const readFeed = async ({ origin, hash }: URL): Promise<void> => {
  const feed = await fetch(`${origin}/api/feed?token=${hash.slice(1)}`)
  if (!feed.ok) throw new Error(`the dashboard answers with status ${feed.status}`)
  await feed.text()
}

const differenceOf = async (folder: string, name: VariantName, against: VariantName): Promise<Difference> => {
  const [one, other] = [join(folder, against), join(folder, name)]
  return {
    name,
    against,
    files: await differingFiles(one, other),
    first: firstDifference(await metricsOf(one), await metricsOf(other)),
    weights: largestDifference(await weightsOf(one), await weightsOf(other)),
  }
}

type Metrics = Readonly<Record<string, unknown>>

const metricsOf = async (run: string): Promise<readonly Metrics[]> =>
  (await readFile(join(run, runFiles.metrics), 'utf8'))
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Metrics]))

const firstDifference = (one: readonly Metrics[], other: readonly Metrics[]): Difference['first'] => {
  for (const [step, metrics] of one.entries()) {
    const fields = Object.entries(metrics).map(([field, value]) => ({
      field,
      by: relativeDifference(value, other[step]?.[field]),
    }))
    const [most] = fields.sort((a, b) => b.by - a.by)
    if (most !== undefined && most.by > 0) return { step, ...most }
  }
  return null
}

/** Returns the largest difference between numbers at the same place, relative to the larger; 1 for other values that differ. */
const relativeDifference = (a: unknown, b: unknown): number => {
  if (a === b) return 0
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
  if (!isObject(a) || !isObject(b)) return 1
  return Math.max(0, ...Object.keys({ ...a, ...b }).map((key) => relativeDifference(a[key], b[key])))
}

const isObject = (value: unknown): value is Metrics => typeof value === 'object' && value !== null

const weightsOf = async (run: string): Promise<Float32Array> => {
  const { weights } = await inMemory(await orThrow(readModel(join(run, runFiles.checkpoint))))
  return Float32Array.from([...weights.values()].flatMap(({ data }) => [...data]))
}

const largestDifference = (one: Float32Array, other: Float32Array): number => {
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return largest(one.map((value, i) => value - other[i]!)) / largest(one)
}

/** True for a difference between runs on the same number of replicas: they have the same bytes. */
export const isUnexpected = ({ name, against, files }: Difference): boolean =>
  files.length > 0 && variants[name].flags === variants[against].flags

const heading = ['run', 'compared with', 'files that differ', 'first metric that differs', 'weights differ by']

const rowOf = ({ name, against, files, first, weights }: Difference): readonly Cell[] => [
  name,
  against,
  files.length === 0 ? 'none' : files.join(', '),
  first === null ? '-' : `step ${first.step}: ${first.field} by ${first.by.toExponential(1)}`,
  weights === 0 ? '-' : weights.toExponential(1),
]
