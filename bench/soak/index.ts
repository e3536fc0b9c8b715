import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { loadTrainConfig } from '../../cli/config/load-train-config.js'
import { withScope } from '../../cli/scope.js'
import { processTerminal, quiet } from '../../cli/terminal.js'
import { openRun, type TrainingRun } from '../../cli/training/open-run.js'
import { openTraining } from '../../cli/training/open-training.js'
import { planBand } from '../../cli/training/plan-band.js'
import { runTraining } from '../../cli/training/run-training.js'
import { orThrow } from '../../lib/or-throw.js'
import { mean, sum } from '../../lib/statistics.js'
import { formatTable } from '../bench.js'
import { type Gauges, gaugeReader } from './gauges.js'

const options = {
  minutes: { type: 'string', default: '30' },
  'warm-up': { type: 'string', default: '5' },
  engine: { type: 'string', default: 'onnx' },
} as const

/** Largest rise of a gauge after the warm-up, relative to its mean. */
const FLAT = 0.02

/** The default job, with a checkpoint every 20 steps, on one thread. It is stopped by its time. */
const settings = { steps: '1000000', 'checkpoint-every': '20', 'evaluation-every': '200', threads: '1' }

/**
 * `npm run bench -- soak [--minutes N] [--warm-up N] [--engine NAME]` trains, prints the gauges of the process every minute, and
 * fails if one of them rises after the warm-up.
 */
export const soakBench = async (flags: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...flags], options })
  const folder = await mkdtemp(join(tmpdir(), 'entrain-soak-'))
  try {
    const readings = await soak({ ...settings, engine: values.engine }, join(folder, 'run'), Number(values.minutes))
    const rows = risesOf(readings.slice(Number(values['warm-up'])))
    const title = `Rise of the straight line through the minutes after ${values['warm-up']}, relative to their mean`
    const cells = rows.map(({ gauge, average, rise }) => [
      gauge,
      average,
      percent(rise),
      rise > FLAT ? 'RISES' : 'flat',
    ])
    console.log(`\n${formatTable({ title, heading: ['gauge', 'mean', 'rise', ''], rows: cells })}`)
    if (rows.some(({ rise }) => rise > FLAT)) process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`

/** Trains in a folder for some minutes. Prints and returns the gauges of each. */
export const soak = (
  flags: Readonly<Record<string, string>>,
  out: string,
  minutes: number,
  minute = 60_000,
): Promise<readonly Gauges[]> =>
  withScope(async (scope) => {
    const config = await orThrow(loadTrainConfig(new Map(Object.entries(flags))))
    const training = { terminal: quiet(processTerminal()), out }
    const resources = await openTraining(config, training, scope)
    const planned = await planBand(config, training, resources)
    if (planned === null) return []
    const run = await openRun(planned, training, resources)
    const ended = { isOver: false }
    const trained = runTraining(run).finally(() => {
      ended.isOver = true
    })
    const readings = await readGauges(run, minutes, minute, () => ended.isOver).finally(run.interruption.request)
    await trained
    return readings
  })

const readGauges = async (
  run: TrainingRun,
  minutes: number,
  minute: number,
  isOver: () => boolean,
): Promise<readonly Gauges[]> => {
  const { read } = await gaugeReader(run, isOver)
  const readings: Gauges[] = []
  const start = performance.now()
  while (readings.length < minutes && !isOver()) {
    await delay(Math.max(0, start + (readings.length + 1) * minute - performance.now()))
    const gauges = await read()
    if (gauges === null) break
    readings.push(gauges)
    console.log(lineOf(readings.length, gauges))
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
  readonly average: number
  /** Rise of the straight line through the readings (least squares) from the first to the last, relative to their mean. */
  readonly rise: number
}

/** Returns the rise of each gauge. */
export const risesOf = (readings: readonly Gauges[]): readonly Rise[] =>
  Object.keys(readings[0] ?? {}).map((gauge) => {
    const values = readings.map((gauges) => gauges[gauge]!)
    const average = mean(values)
    const middle = (values.length - 1) / 2
    const slope =
      sum(values.map((value, i) => (i - middle) * (value - average))) / sum(values.map((_, i) => (i - middle) ** 2))
    return { gauge, average, rise: (slope * (values.length - 1)) / average }
  })
