/**
 * Entropy of every algorithm from the same base checkpoint, alone and with a band.
 *
 *     npm run bench -- entropy-behaviour [--seeds 3] [--steps 80] [--rows a,b] [--jobs N] [--out docs/entropy-behaviour]
 *
 * --jobs is the number of runs at the same time, each on an engine with one thread. Writes results.md, results.json and the
 * plot into the folder.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lastValueFrom, toArray } from 'rxjs'
import { type PlannedConfig, trainDefaults } from '../../cli/config/train-config.js'
import { loadTrainedModel, trainingSteps } from '../../cli/training/training-steps.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { orThrow } from '../../lib/or-throw.js'
import { stepMetrics } from '../../lib/run/step-metrics.js'
import { countdown } from '../../lib/task/countdown/index.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { parseName } from '../parse-name.js'
import { writeResults } from '../write-results.js'
import type { Run } from './figures.js'
import { createBehaviourPlot, formatReport } from './report.js'
import { type Row, rows } from './rows.js'

const options = {
  seeds: { type: 'string', default: '3' },
  steps: { type: 'string', default: '80' },
  'learning-rate': { type: 'string', default: '2e-4' },
  rows: { type: 'string', default: rows.map(({ name }) => name).join(';') },
  jobs: { type: 'string', default: String(availableParallelism()) },
  out: { type: 'string', default: join('docs', 'entropy-behaviour') },
} as const

/** Band below the first entropy of the checkpoint and above the last entropy of GRPO, so that it shows too fast and too slow falls. */
const band = {
  schedule: 'linear',
  from: { low: 0.5, high: 0.6 },
  to: { low: 0.4, high: 0.5 },
} as const satisfies PlannedConfig['band']

export const entropyBehaviourBench = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...args], options })
  const names = rows.map(({ name }) => name)
  const chosen = values.rows.split(';').map((name) => rows[names.indexOf(parseName('--rows', name, names))]!)
  const config = {
    ...trainDefaults,
    steps: Number(values.steps),
    learningRate: Number(values['learning-rate']),
    band,
  }
  const planned = chosen.flatMap((row) =>
    Array.from({ length: Number(values.seeds) }, (_, i) => i + 1).flatMap((seed) => {
      // An algorithm with its own filter is not run with another one.
      const bands = algorithms[row.algorithm].filter === 'everything' ? [false, true] : [false]
      return bands.map((band) => ({ row, seed, band }))
    }),
  )
  const runs: (Run | undefined)[] = Array.from(planned, () => undefined)
  const queue = planned.entries()
  const work = async () => {
    const { engine } = await orThrow(openEngine(undefined, { threads: 1 }))
    for (const [place, plan] of queue) {
      const metrics = await train(plan, config, engine)
      runs[place] = { ...plan, metrics }
      console.log(
        `${runs.filter((run) => run !== undefined).length}/${planned.length}  ${plan.row.name}, seed ${plan.seed}${plan.band ? ', with band' : ''}: entropy ${metrics[0]?.entropy?.toFixed(3)} -> ${metrics.at(-1)?.entropy?.toFixed(3)}`,
      )
    }
    await engine.close()
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  const done = runs.flatMap((run) => run ?? [])
  const subtitle = `countdown, ${config.steps} steps, learning rate ${config.learningRate}`
  await writeResults(values.out, {
    tables: formatReport(done),
    data: done,
    plot: createBehaviourPlot(done, subtitle),
  })
}

const train = async (
  { row, seed, band }: { readonly row: Row; readonly seed: number; readonly band: boolean },
  base: PlannedConfig,
  engine: Engine,
): Promise<Run['metrics']> => {
  const { defaults, filter } = algorithms[row.algorithm]
  const config = {
    ...base,
    seed,
    algorithm: row.algorithm,
    options: { ...defaults, ...row.options },
    filter: band ? ('predicted' as const) : filter,
  }
  const task = countdown()
  const model = await loadTrainedModel(config, task, await orThrow(readModel(checkpointPath(config.model))), engine)
  const steps = await lastValueFrom(trainingSteps(config, task, model).pipe(toArray()))
  await model.close()
  return steps.map(({ report }) => stepMetrics(report))
}
