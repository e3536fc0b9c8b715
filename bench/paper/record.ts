import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { isMissing } from '../../lib/file/missing-file.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow } from '../../lib/or-throw.js'
import type { QuestionCount } from '../../lib/evaluation/question-count.js'
import { nameOfRun, type RunPlan, RunPlanCodec, textOfPlan } from './plan.js'

const measured = t.union([t.number, t.null])
const series = t.readonlyArray(measured)

/** Names of the monitors of a run, each one number per block of steps. */
export const monitorNames = [
  'correct',
  'effectiveBatch',
  'acceptedPositive',
  'acceptedNegative',
  'logLikelihood',
  'logLikelihoodPositive',
  'logLikelihoodNegative',
  'logBaseline',
  'aboveBaseline',
  'changeOfRight',
  'changeOfWrong',
  'covarianceOfRight',
  'covarianceOfWrong',
] as const

/** Name of a monitor. */
export type MonitorName = (typeof monitorNames)[number]

const MonitorNameCodec = t.keyof(
  Object.fromEntries(monitorNames.map((name) => [name, null])) as Readonly<Record<MonitorName, null>>,
)

/**
 * Codec of the file of a run.
 *
 * @units entropy, KL, log-likelihoods and log baseline in nats per token; predicted changes in nats per token and unit
 * learning rate; `correct` and `aboveBaseline` are shares
 */
const RunRecordCodec = t.strict({
  plan: RunPlanCodec,
  /** Entropy of each step. */
  entropy: series,
  /** Number of steps that changed no weight. */
  skipped: t.number,
  /** Monitors: means over blocks of `every` steps, and medians of the baseline, which has outliers. */
  monitors: t.strict({
    every: t.number,
    values: t.readonly(t.record(MonitorNameCodec, series)),
  }),
  /** KL divergence to the base model at steps 0, `plan.klEvery`, 2 `plan.klEvery`, … */
  kl: series,
  /** Right samples of each question, one digit of base 36 per question, by the number of steps before the evaluation. */
  evaluations: t.readonlyArray(t.strict({ step: t.number, right: t.string })),
  /** Time of the run on one engine thread. */
  seconds: t.number,
})

/** Results of a run. */
export type RunRecord = t.TypeOf<typeof RunRecordCodec>

/** Monitors of a run by name. */
export type Monitors = RunRecord['monitors']

/** Rounds a number to significant digits, so that files stay small. Values that are not finite become null. */
export const rounded = (value: number | null, digits = 4): number | null =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(digits))

/** Largest number of samples per question whose count has one digit. */
export const mostSamples = 35

/** Writes the counts of right samples as digits of base 36. */
export const digitsOf = (counts: readonly number[]): string => counts.map((count) => count.toString(36)).join('')

/** Reads the counts of right samples of an evaluation. */
export const countsOf = (right: string, samples: number): readonly QuestionCount[] =>
  Array.from(right, (digit) => ({ n: samples, c: Number.parseInt(digit, 36) }))

/** Path of the file of a run. */
export const fileOfRun = (folder: string, plan: RunPlan): string => join(folder, `${nameOfRun(plan)}.json`)

/** Writes the file of a run as a whole: an interruption leaves no partial file. @errors FileError */
export const writeRecord = (folder: string, record: RunRecord): Promise<void> =>
  orThrow(writeWhole(fileOfRun(folder, record.plan), `${JSON.stringify(RunRecordCodec.encode(record))}\n`))

/**
 * Reads the file of a run; null if there is none, if it is torn, or if its description is not the plan. Such a run has to be
 * run again.
 */
export const readRecord = async (folder: string, plan: RunPlan): Promise<RunRecord | null> => {
  const text = await readFile(fileOfRun(folder, plan), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })
  if (text === null) return null
  const decoded = RunRecordCodec.decode(parsed(text))
  return E.isRight(decoded) && textOfPlan(decoded.right.plan) === textOfPlan(plan) ? decoded.right : null
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
