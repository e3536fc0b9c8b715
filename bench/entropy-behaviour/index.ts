/**
 * Every algorithm from the same base checkpoint, alone and with the band: what does entropy do?
 *
 *     npm run bench -- entropy-behaviour [--seeds 3] [--steps 80] [--rows a,b] [--jobs N] [--out docs/entropy-behaviour]
 *
 * Each job has an engine of one thread. Writes results.md, results.json and the plot into the folder.
 */
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lastValueFrom, toArray } from 'rxjs'
import { type TrainConfig, trainDefaults } from '../../cli/config/train-config.js'
import { orThrow } from '../../lib/or-throw.js'
import { loadTrainedModel, trainingSteps } from '../../cli/training/training-steps.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { renderPlot } from '../../lib/plot/render-plot.js'
import { stepMetrics } from '../../lib/run/step-metrics.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { countdown } from '../../lib/task/countdown/index.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { named } from '../named.js'
import type { Run } from './figures.js'
import { behaviourPlot, report } from './report.js'
import { type Row, rows } from './rows.js'

const options = {
  seeds: { type: 'string', default: '3' },
  steps: { type: 'string', default: '80' },
  'learning-rate': { type: 'string', default: '2e-4' },
  rows: { type: 'string', default: rows.map(({ name }) => name).join(';') },
  jobs: { type: 'string', default: String(availableParallelism()) },
  out: { type: 'string', default: join('docs', 'entropy-behaviour') },
} as const

/** Below where the checkpoint starts, above where GRPO ends: what falls too fast, and what does not fall, are both seen. */
const band = {
  schedule: 'linear',
  from: { low: 0.5, high: 0.6 },
  to: { low: 0.4, high: 0.5 },
} as const satisfies TrainConfig['band']

export const entropyBehaviourBench = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...args], options })
  const names = rows.map(({ name }) => name)
  const chosen = values.rows.split(';').map((name) => rows[names.indexOf(named('--rows', name, names))]!)
  const config = {
    ...trainDefaults,
    steps: Number(values.steps),
    learningRate: Number(values['learning-rate']),
    band,
  }
  const planned = chosen.flatMap((row) =>
    Array.from({ length: Number(values.seeds) }, (_, i) => i + 1).flatMap((seed) => {
      // A recipe that has a filter of its own is what it is with it.
      const ways = algorithms[row.algorithm].filter === 'everything' ? [false, true] : [false]
      return ways.map((band) => ({ row, seed, band }))
    }),
  )
  const runs: (Run | undefined)[] = Array.from(planned, () => undefined)
  const queue = planned.entries()
  const work = async () => {
    const { engine } = await orThrow(openEngine(undefined, { threads: 1 }))
    for (const [place, plan] of queue) {
      const metrics = await trained(plan, config, engine)
      runs[place] = { ...plan, metrics }
      console.log(
        `${runs.filter((run) => run !== undefined).length}/${planned.length}  ${plan.row.name}, seed ${plan.seed}${plan.band ? ', with band' : ''}: entropy ${metrics[0]?.entropy?.toFixed(3)} -> ${metrics.at(-1)?.entropy?.toFixed(3)}`,
      )
    }
    await engine.close()
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  await write(
    values.out,
    runs.flatMap((run) => run ?? []),
    `countdown, ${config.steps} steps, learning rate ${config.learningRate}`,
  )
}

const trained = async (
  { row, seed, band }: { readonly row: Row; readonly seed: number; readonly band: boolean },
  regime: TrainConfig,
  engine: Engine,
): Promise<Run['metrics']> => {
  const { defaults, filter } = algorithms[row.algorithm]
  const config = {
    ...regime,
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

const write = async (folder: string, runs: readonly Run[], subtitle: string): Promise<void> => {
  const text = report(runs)
  console.log(`\n${text}`)
  await mkdir(folder, { recursive: true })
  const plot = await renderPlot(behaviourPlot(runs, subtitle))
  await orThrow(writeWhole(join(folder, 'results.md'), `${text}\n`))
  await orThrow(writeWhole(join(folder, 'results.json'), JSON.stringify(runs)))
  await orThrow(writeWhole(join(folder, 'entropy.svg'), plot.svg))
  await orThrow(writeWhole(join(folder, 'entropy.png'), plot.png))
}
