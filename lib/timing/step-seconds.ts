import * as t from 'io-ts'
import { defer, map, type OperatorFunction } from 'rxjs'
import type { StepReport } from '../report/step-report.js'
import type { Clock } from './clock.js'
import type { RecordStage, Stage } from './timed-ports.js'

const seconds = t.number

/**
 * Codec of a line of `timings.jsonl`: the seconds of each stage of one step, and the memory of the process at its end.
 *
 * `total` is the time since the report before. `operators` is the part of it that no stage accounts for. With two batches
 * in flight the stages overlap: their sum may exceed the total, and `operators` is then 0.
 *
 * @units seconds; `residentBytes` in bytes, null when it is not known
 */
export const StepSecondsCodec = t.readonly(
  t.type({
    step: t.number,
    sample: seconds,
    score: seconds,
    update: seconds,
    operators: seconds,
    total: seconds,
    residentBytes: t.union([t.number, t.null]),
  }),
)

/** Seconds of each stage of one step, and the memory of the process at its end. */
export type StepSeconds = t.TypeOf<typeof StepSecondsCodec>

/** Report of a step with its seconds. */
export interface TimedStep {
  readonly report: StepReport
  readonly seconds: StepSeconds
}

/** Sums the recorded seconds of each stage by step, and adds them to the reports. */
export interface StageTimer {
  /** Adds to the seconds of a stage. */
  readonly record: RecordStage
  /** Adds the recorded seconds to each report; the step's total is the time since the report before, or since subscription. */
  readonly timeSteps: OperatorFunction<StepReport, TimedStep>
}

/**
 * Creates a timer of stages. `residentBytes` returns the resident memory of the process, or null when it is not known.
 *
 * @units clock in seconds
 */
export const stageTimer = (clock: Clock, residentBytes: () => number | null): StageTimer => {
  const recorded = new Map<number, Record<Stage, number>>()
  const secondsOf = (step: number) => recorded.get(step) ?? { sample: 0, score: 0, update: 0 }
  const takeSeconds = (step: number, total: number): StepSeconds => {
    const { sample, score, update } = secondsOf(step)
    recorded.delete(step)
    const operators = Math.max(0, total - sample - score - update)
    return { step, sample, score, update, operators, total, residentBytes: residentBytes() }
  }
  return {
    record: (step, stage, added) => {
      const before = secondsOf(step)
      recorded.set(step, { ...before, [stage]: before[stage] + added })
    },
    timeSteps: (reports$) =>
      defer(() => {
        let last = clock()
        return reports$.pipe(
          map((report) => {
            const now = clock()
            const total = now - last
            last = now
            return { report, seconds: takeSeconds(report.step, total) }
          }),
        )
      }),
  }
}
