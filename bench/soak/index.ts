import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Observable, ReplaySubject } from 'rxjs'
import { loadTrainConfig } from '../../cli/config/load-train-config.js'
import { withScope } from '../../cli/scope.js'
import { processTerminal, quiet } from '../../cli/terminal.js'
import { openRun, type TrainingRun } from '../../cli/training/open-run.js'
import { openTraining } from '../../cli/training/open-training.js'
import { planBand } from '../../cli/training/plan-band.js'
import { runTraining } from '../../cli/training/run-training.js'
import { orThrow } from '../../lib/or-throw.js'
import { median } from '../../lib/statistics.js'
import { formatTable } from '../bench.js'
import { type Gauges, gaugeReader } from './gauges.js'

const options = {
  minutes: { type: 'string', default: '30' },
  'warm-up': { type: 'string', default: '5' },
  engine: { type: 'string', default: 'onnx' },
} as const

/** Largest rise of a gauge after the warm-up, relative to its median. */
const FLAT = 0.02

/** The default job on one thread, with a checkpoint and a small evaluation every 20 steps. It is stopped by its time. */
const settings = {
  steps: '1000000',
  'checkpoint-every': '20',
  'evaluation-every': '20',
  'evaluation-prompts': '32',
  'evaluation-samples': '4',
  threads: '1',
}

/**
 * `npm run bench -- soak [--minutes N] [--warm-up N] [--engine NAME]` trains, prints the gauges of the process every minute, and
 * fails if one of them rises after the warm-up.
 */
export const soakBench = async (flags: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...flags], options })
  const folder = await mkdtemp(join(tmpdir(), 'entrain-soak-'))
  try {
    const time = { minutes: Number(values.minutes), print: console.log }
    const readings = await soak({ ...settings, engine: values.engine }, join(folder, 'run'), time)
    const rows = risesOf(readings.slice(Number(values['warm-up'])))
    const title = `Rise from minute ${values['warm-up']} to the end, by the median of the slopes between all minutes`
    const cells = rows.map(({ gauge, middle, rise }) => [gauge, middle, percent(rise), rise > FLAT ? 'RISES' : 'flat'])
    console.log(`\n${formatTable({ title, heading: ['gauge', 'median', 'rise', ''], rows: cells })}`)
    if (rows.some(({ rise }) => rise > FLAT)) process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`

/** Time of a soak. */
interface SoakOptions {
  readonly minutes: number
  /** @units ms */
  readonly minute?: number
  /** Receives a line for each minute. */
  readonly print: (line: string) => void
}

/** Trains in a folder for some minutes, and returns the gauges of each. */
export const soak = (
  flags: Readonly<Record<string, string>>,
  out: string,
  options: SoakOptions,
): Promise<readonly Gauges[]> =>
  withScope(async (scope) => {
    const config = await orThrow(loadTrainConfig(new Map(Object.entries(flags))))
    const training = { terminal: quiet(processTerminal()), out }
    const resources = await openTraining(config, training, scope)
    const planned = await planBand(config, training, resources)
    if (planned === null) return []
    const run = await openRun(planned, training, resources)
    const over$ = new ReplaySubject<void>(1)
    const [readings] = await Promise.all([
      readGauges(run, over$, options).finally(run.interruption.request),
      runTraining(run).finally(() => over$.next()),
    ])
    return readings
  })

const readGauges = async (
  run: TrainingRun,
  over$: Observable<unknown>,
  { minutes, minute = 60_000, print }: SoakOptions,
): Promise<readonly Gauges[]> => {
  const { read } = await gaugeReader(run, over$)
  const readings: Gauges[] = []
  const start = performance.now()
  while (readings.length < minutes) {
    await delay(Math.max(0, start + (readings.length + 1) * minute - performance.now()))
    const gauges = await read()
    if (gauges === null) break
    readings.push(gauges)
    print(lineOf(readings.length, gauges))
  }
  return readings
}

const lineOf = (minute: number, gauges: Gauges): string =>
  [
    `minute ${minute}:`,
    ...Object.entries(gauges).map(([name, value]) => `${name} ${Math.round(10 * value) / 10}`),
  ].join('  ')

/** Rise of a gauge. */
export interface Rise {
  readonly gauge: string
  readonly middle: number
  /** Median of the slopes between all pairs of readings (Theil-Sen), times the time from the first to the last, relative to the median. */
  readonly rise: number
}

/** Returns the rise of each gauge. */
export const risesOf = (readings: readonly Gauges[]): readonly Rise[] =>
  Object.keys(readings[0] ?? {}).map((gauge) => {
    const values = readings.map((gauges) => gauges[gauge]!)
    const slopes = values.flatMap((value, i) => values.slice(0, i).map((before, j) => (value - before) / (i - j)))
    const middle = median(values)
    return { gauge, middle, rise: (median(slopes) * (values.length - 1)) / middle }
  })
