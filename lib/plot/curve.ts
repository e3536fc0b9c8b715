import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { FileError } from '../file/file-error.js'
import { stepNumber } from '../report/step-number.js'
import type { FigureStep, PlottedRun } from './plotted-run.js'
import { type Measured, meanWithError, smooth } from './statistics.js'

/** Curve of a figure, with a colour and a dash of its own: one run, or several runs that differ only in their seed. */
export interface Curve {
  readonly name: string
  readonly runs: readonly PlottedRun[]
}

/** Value of a run at a step. */
export interface Sample {
  /** Number of the step, from 1; 0: before the first step. */
  readonly step: number
  readonly value: Measured
}

/** Value of a curve at a step, with an error interval; low and high are null if the error is unknown. */
export interface Point extends Sample {
  readonly curve: string
  readonly low: Measured
  readonly high: Measured
}

/** Reads a number from a logged step; undefined if an older log does not have the field. */
export type Measure = (step: FigureStep) => Measured | undefined

/** Returns the values of a run at every step. */
export const samples =
  (measure: Measure) =>
  ({ steps }: PlottedRun): readonly Sample[] =>
    steps.map((each) => ({ step: stepNumber(each.step), value: measure(each) ?? null }))

/** Returns the smoothed values of a run at every step. `middle` is the average over nine steps [mean]. */
export const smoothSamples =
  (measure: Measure, middle?: (values: readonly number[]) => number) =>
  (run: PlottedRun): readonly Sample[] => {
    const values = smooth(
      samples(measure)(run).map(({ value }) => value),
      middle,
    )
    return run.steps.map(({ step }, i) => ({ step: stepNumber(step), value: values[i]! }))
  }

/** Returns the mean over the runs of a curve at every step, with an interval of one standard error on either side. */
export const points = ({ name, runs }: Curve, valuesOf: (run: PlottedRun) => readonly Sample[]): readonly Point[] => {
  const byStep = new Map<number, number[]>()
  for (const { step, value } of runs.flatMap(valuesOf)) {
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

/** Returns one curve per run. */
export const curvesOf = (runs: readonly PlottedRun[]): readonly Curve[] =>
  runs.map((run) => ({ name: run.name, runs: [run] }))

/** A run, its folder and its configuration. */
export interface ConfiguredRun {
  readonly folder: string
  readonly run: PlottedRun
  readonly config: Readonly<Record<string, unknown>>
}

/** Returns one curve per configuration, over the runs of all seeds. @errors FileError: two runs with the same configuration and seed */
export const curvesBySeed = (runs: readonly ConfiguredRun[]): E.Either<FileError, readonly Curve[]> => {
  const groups: ConfiguredRun[][] = []
  for (const each of runs) {
    const group = groups.find(([first]) => isDeepStrictEqual(withoutSeed(first!), withoutSeed(each)))
    const twin = group?.find(({ config }) => config['seed'] === each.config['seed'])
    if (twin !== undefined) return E.left(sameSeedError(each, twin))
    if (group === undefined) groups.push([each])
    else group.push(each)
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

const withoutSeed = ({ config }: ConfiguredRun): Readonly<Record<string, unknown>> => ({ ...config, seed: undefined })

const sameSeedError = ({ folder, config }: ConfiguredRun, twin: ConfiguredRun): FileError =>
  new FileError(folder, `the configuration and the seed ${String(config['seed'])} of ${twin.folder}`, 'another seed')

/** Returns the common beginning of names, without a final number: `grpo-1` and `grpo-2` become `grpo (mean ± s.e., 2 seeds)`. */
const commonName = (names: readonly string[]): string => {
  const [first = '', ...others] = names
  if (others.length === 0) return first
  const differs = Array.from(first).findIndex((letter, i) => others.some((name) => name[i] !== letter))
  const common = first.slice(0, differs === -1 ? first.length : differs).replace(/[-_ .]*(seed)?[-_ .]*\d*$/i, '')
  return `${common === '' ? names.join(' + ') : common} (mean ± s.e., ${names.length} seeds)`
}
