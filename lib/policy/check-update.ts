import { brokenPort, checkObject, checkVersion, fieldsOf, ROUNDING } from './check-group.js'
import { skipReasons, type UpdateReport } from './learner.js'

type Updated = Extract<UpdateReport, { readonly status: 'updated' }>
type Measurement = Exclude<keyof Updated, 'status' | 'version' | 'ratio'>

const isFraction = (x: number) => x >= 0 && x <= 1 + ROUNDING
const isNumber = (x: number) => !Number.isNaN(x)

/** Values that each number of a report may have, and their words. */
const rules: Readonly<Record<Measurement, readonly [holds: (x: number) => boolean, expected: string]>> = {
  optimizerSteps: [(x) => Number.isSafeInteger(x) && x >= 1, 'an integer >= 1'],
  learningRate: [(x) => Number.isFinite(x) && x >= 0, 'a finite number >= 0'],
  loss: [Number.isFinite, 'a finite number'],
  gradientNorm: [(x) => Number.isNaN(x) || (Number.isFinite(x) && x >= 0), 'a finite number >= 0, or NaN for unknown'],
  clipFraction: [isFraction, 'a number from 0 to 1'],
  clipFractionLow: [isFraction, 'a number from 0 to 1'],
  clipFractionHigh: [isFraction, 'a number from 0 to 1'],
  markedFraction: [isFraction, 'a number from 0 to 1'],
  kl: [isNumber, 'a number'],
}

/**
 * Checks the report of a learner, and returns it. `last` is the version of the report before; -1 before the first.
 *
 * @errors PipelineError BrokenInvariant that names the field: an unknown status, a number that is missing or impossible, or
 *         a version that goes back
 */
export const checkUpdate = (report: UpdateReport, step: number, last: number): UpdateReport => {
  const here = `learner.update, step ${step}`
  checkObject(report, here, 'a report')
  switch (report.status) {
    case 'skipped':
      checkVersion(report.version, `${here}: version`, Math.max(0, last))
      if (!skipReasons.includes(report.reason))
        throw brokenPort(`${here}: reason`, report.reason, `one of ${skipReasons.join(', ')}`)
      return report
    case 'updated': {
      checkVersion(report.version, `${here}: version`, Math.max(0, last))
      for (const name of Object.keys(rules) as Measurement[]) checkNumber(report[name], name, here)
      const { min, max } = fieldsOf(report.ratio)
      if (!(typeof min === 'number' && typeof max === 'number' && min <= max))
        throw brokenPort(`${here}: ratio`, report.ratio, 'numbers min <= max')
      return report
    }
    default:
      throw brokenPort(`${here}: status`, (report as { readonly status?: unknown }).status, 'updated or skipped')
  }
}

const checkNumber = (value: unknown, name: Measurement, here: string): void => {
  const [holds, expected] = rules[name]
  if (!(typeof value === 'number' && holds(value))) throw brokenPort(`${here}: ${name}`, value, expected)
}
