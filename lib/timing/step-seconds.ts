import * as t from 'io-ts'
import { defer, map, type OperatorFunction } from 'rxjs'
import type { StepReport } from '../report/step-report.js'
import type { Clock } from './clock.js'
import type { RecordStage, Stage } from './timed-ports.js'

const seconds = t.number

/**
 * Where the time of one step went, and what memory the process held at its end: a line of `timings.jsonl`.
 *
 * @units seconds; `residentBytes` in bytes, null where it is not known
 *
 * `total` is the time since the report before; `operators` is what of it no stage accounts for. With two batches in
 * flight stages overlap, and their sum may exceed the total; `operators` is then 0.
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

export type StepSeconds = t.TypeOf<typeof StepSecondsCodec>

export interface TimedStep {
  readonly report: StepReport
  readonly seconds: StepSeconds
}

/** Collects what the timed ports record, and closes the account of a step when its report comes. */
export interface StageAccounts {
  readonly record: RecordStage
  readonly timed: OperatorFunction<StepReport, TimedStep>
}

/** `residentBytes` reads the memory of the process. */
export const stageAccounts = (clock: Clock, residentBytes: () => number | null): StageAccounts => {
  const open = new Map<number, Record<Stage, number>>()
  const account = (batch: number) => open.get(batch) ?? { sample: 0, score: 0, update: 0 }
  const close = (step: number, total: number): StepSeconds => {
    const { sample, score, update } = account(step)
    open.delete(step)
    return {
      step,
      sample,
      score,
      update,
      operators: Math.max(0, total - sample - score - update),
      total,
      residentBytes: residentBytes(),
    }
  }
  return {
    record: (batch, stage, added) => {
      const sofar = account(batch)
      open.set(batch, { ...sofar, [stage]: sofar[stage] + added })
    },
    timed: (reports$) =>
      defer(() => {
        let last = clock()
        return reports$.pipe(
          map((report) => {
            const now = clock()
            const total = now - last
            last = now
            return { report, seconds: close(report.step, total) }
          }),
        )
      }),
  }
}
