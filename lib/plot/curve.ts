import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { FileError } from '../file/file-error.js'
import type { FigureStep, PlottedRun } from './plotted-run.js'
import { type Measured, meanWithError, smoothed } from './statistics.js'

/** What a figure tells apart by colour and dash: a run, or runs that differ in their seed alone. */
export interface Curve {
  readonly name: string
  readonly runs: readonly PlottedRun[]
}

/** A number of a run at a step. */
export interface Sample {
  readonly step: number
  readonly value: Measured
}

/** A number of a curve at a step; low and high are null where nobody can say how far off it may be. */
export interface Point extends Sample {
  readonly curve: string
  readonly low: Measured
  readonly high: Measured
}

/** A field of the log that may be missing from an old one. */
export type Measure = (step: FigureStep) => Measured | undefined

export const samples =
  (measure: Measure) =>
  ({ steps }: PlottedRun): readonly Sample[] =>
    steps.map((each) => ({ step: each.step, value: measure(each) ?? null }))

export const smoothSamples =
  (measure: Measure, middle?: (values: readonly number[]) => number) =>
  (run: PlottedRun): readonly Sample[] => {
    const values = smoothed(
      samples(measure)(run).map(({ value }) => value),
      middle,
    )
    return run.steps.map(({ step }, i) => ({ step, value: values[i]! }))
  }

/** The mean over the runs of a curve at every step that any of them has, and a standard error on either side. */
export const points = ({ name, runs }: Curve, of: (run: PlottedRun) => readonly Sample[]): readonly Point[] => {
  const byStep = new Map<number, number[]>()
  for (const { step, value } of runs.flatMap(of)) {
    byStep.set(step, [...(byStep.get(step) ?? []), ...(value === null ? [] : [value])])
  }
  return [...byStep].toSorted(([a], [b]) => a - b).map(([step, values]) => ({ curve: name, step, ...estimate(values) }))
}

const estimate = (values: readonly number[]): Omit<Point, 'curve' | 'step'> => {
  if (values.length === 0) return { value: null, low: null, high: null }
  const { mean, error } = meanWithError(values)
  return error === null
    ? { value: mean, low: null, high: null }
    : { value: mean, low: mean - error, high: mean + error }
}

/** A curve for each run. */
export const curvesOf = (runs: readonly PlottedRun[]): readonly Curve[] =>
  runs.map((run) => ({ name: run.name, runs: [run] }))

/** A run and what it was made with. */
export interface ConfiguredRun {
  readonly folder: string
  readonly run: PlottedRun
  readonly config: Readonly<Record<string, unknown>>
}

/** A curve for the runs of each configuration. @errors FileError: two runs of one configuration with one seed */
export const curvesBySeed = (runs: readonly ConfiguredRun[]): E.Either<FileError, readonly Curve[]> => {
  const groups: ConfiguredRun[][] = []
  for (const each of runs) {
    const alike = groups.find(([first]) => isDeepStrictEqual(seedless(first!), seedless(each)))
    const twin = alike?.find(({ config }) => config['seed'] === each.config['seed'])
    if (twin !== undefined) return E.left(sameSeed(each, twin))
    if (alike === undefined) groups.push([each])
    else alike.push(each)
  }
  const names = groups.map((group) => group.map(({ run }) => run.name))
  const short = names.map(commonName)
  return E.right(
    groups.map((group, i) => ({
      name: new Set(short).size === short.length ? short[i]! : names[i]!.join(' + '),
      runs: group.map(({ run }) => run),
    })),
  )
}

const seedless = ({ config }: ConfiguredRun): Readonly<Record<string, unknown>> => ({ ...config, seed: undefined })

const sameSeed = ({ folder, config }: ConfiguredRun, twin: ConfiguredRun): FileError =>
  new FileError(folder, `the configuration and the seed ${String(config['seed'])} of ${twin.folder}`, 'another seed')

/** What names have in common, without the number they end in: `grpo-1` and `grpo-2` are `grpo (mean ± s.e., 2 seeds)`. */
const commonName = (names: readonly string[]): string => {
  const [first = '', ...others] = names
  if (others.length === 0) return first
  const differs = Array.from(first).findIndex((letter, i) => others.some((name) => name[i] !== letter))
  const common = first.slice(0, differs === -1 ? first.length : differs).replace(/[-_ .]*(seed)?[-_ .]*\d*$/i, '')
  return `${common === '' ? names.join(' + ') : common} (mean ± s.e., ${names.length} seeds)`
}
