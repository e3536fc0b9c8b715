import { meanAtK } from '../../lib/evaluation/mean-at-k.js'
import { passAtK } from '../../lib/evaluation/pass-at-k.js'
import type { QuestionCount } from '../../lib/evaluation/question-count.js'
import { mean, sum } from '../../lib/statistics.js'
import { nameOfRun, scheduleOfRun } from './plan.js'
import { countsOf, type MonitorName, readRecord, type RunRecord } from './record.js'
import { distinctPlans, type StudyRun } from './runs.js'
import type { PartName, Scale } from './scale.js'

/** Planned runs of the study, and the records of those that are complete. */
export interface Study {
  readonly scale: Scale
  readonly runs: readonly StudyRun[]
  /** Records by the name of the run. */
  readonly records: ReadonlyMap<string, RunRecord>
}

/** Reads the records of the planned runs from a folder. */
export const readStudy = async (scale: Scale, runs: readonly StudyRun[], folder: string): Promise<Study> => {
  const records = new Map<string, RunRecord>()
  for (const [name, plan] of distinctPlans(runs)) {
    const record = await readRecord(folder, plan)
    if (record !== null) records.set(name, record)
  }
  return { scale, runs, records }
}

/** Runs that are wanted: those of one arm of a part, if given on one task and at one learning rate. */
export interface Selection {
  readonly part: PartName
  readonly arm: string
  readonly task?: string
  readonly rate?: number
}

/** Returns the complete records of a selection in the order of their seeds. */
export const select = ({ runs, records }: Study, { part, arm, task, rate }: Selection): readonly RunRecord[] =>
  runs
    .filter((run) => run.part === part && run.arm === arm)
    .filter((run) => task === undefined || run.plan.task === task)
    .filter((run) => rate === undefined || run.rate === rate)
    .flatMap(({ plan }) => records.get(nameOfRun(plan)) ?? [])
    .toSorted((a, b) => a.plan.seed - b.plan.seed)

/** Returns the records of two lists that have a seed in common, in the order of the seeds. */
export const pairBySeed = (
  records: readonly RunRecord[],
  others: readonly RunRecord[],
): readonly (readonly [RunRecord, RunRecord])[] =>
  records.flatMap((record) => {
    const other = others.find(({ plan }) => plan.seed === record.plan.seed)
    return other === undefined ? [] : [[record, other] as const]
  })

/** First steps, which the tracking of the band ignores, because the learning rate rises and the law has measured nothing yet. */
export const settling = 10

/** Measures how the entropy of a run followed its band after the first steps. */
export const measureTracking = ({
  plan,
  entropy,
}: RunRecord): {
  /** Share of the steps strictly inside the band. */
  readonly inside: number
  readonly below: number
  readonly above: number
  /** Root mean square distance to the middle of the band. @units nats per token */
  readonly distance: number
} => {
  const bandAt = scheduleOfRun(plan)
  const points = entropy
    .map((value, step) => ({ value, ...bandAt(step) }))
    .slice(settling)
    .flatMap(({ value, ...band }) => (value === null ? [] : [{ value, ...band }]))
  const share = (holds: (point: (typeof points)[number]) => boolean) => points.filter(holds).length / points.length
  return {
    inside: share(({ value, low, high }) => low < value && value < high),
    below: share(({ value, low }) => value <= low),
    above: share(({ value, high }) => value >= high),
    distance: Math.sqrt(mean(points.map(({ value, low, high }) => (value - (low + high) / 2) ** 2))),
  }
}

const measuredOnly = (values: readonly (number | null)[]): readonly number[] => values.flatMap((value) => value ?? [])

/** Mean entropy over a part of a run, given as shares of its steps. @units nats per token */
export const meanEntropy = ({ entropy }: RunRecord, from = 0, to = 1): number =>
  mean(measuredOnly(entropy.slice(Math.floor(from * entropy.length), Math.ceil(to * entropy.length))))

/** Least-squares slope of the entropy over the steps of a run. @units nats per token and 100 steps */
export const entropySlope = ({ entropy }: RunRecord): number => {
  const points = entropy.flatMap((value, step) => (value === null ? [] : [{ step, value }]))
  const [x, y] = [mean(points.map(({ step }) => step)), mean(points.map(({ value }) => value))]
  const covariance = sum(points.map(({ step, value }) => (step - x) * (value - y)))
  return (100 * covariance) / sum(points.map(({ step }) => (step - x) ** 2))
}

/** Mean of a monitor over some first steps; over the whole run if no number is given. */
export const meanMonitor = ({ monitors }: RunRecord, name: MonitorName, steps = Infinity): number =>
  mean(measuredOnly(monitors.values[name].slice(0, Math.ceil(steps / monitors.every))))

/** Mean of a monitor over the last steps, a share of the run. */
export const finalMonitor = ({ monitors }: RunRecord, name: MonitorName, share: number): number => {
  const values = monitors.values[name]
  return mean(measuredOnly(values.slice(Math.floor((1 - share) * values.length))))
}

/** Score of a question. */
export type Score = (count: QuestionCount) => number

/** Scores of the study: mean@k is the same for every k in expectation, so it is measured on all samples. */
export const meanScore: Score = meanAtK
export const passScore =
  (k: number): Score =>
  (count) =>
    passAtK(count, k)

/** Scores of the questions of an evaluation; the last one if no step is given. Empty without that evaluation. @shape [Q] */
export const scoresAt = ({ plan, evaluations }: RunRecord, score: Score, step?: number): readonly number[] => {
  const found = step === undefined ? evaluations.at(-1) : evaluations.find((evaluation) => evaluation.step === step)
  return found === undefined || plan.evaluation === null
    ? []
    : countsOf(found.right, plan.evaluation.samples).map(score)
}
