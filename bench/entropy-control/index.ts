/**
 * GRPO and the four filters from the same base checkpoint: does entropy follow its band, and what does that do to answers?
 *
 *     npm run bench -- entropy-control [--seeds 3] [--split test] [--filters a,b] [--out docs/entropy-control]
 *
 * The regime is the command's: `trainDefaults`, and what --steps, --learning-rate and --checkpoint say. Regimes are chosen
 * on `--split tune`. Writes results.md, results.json and the plot into the folder.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { trainDefaults } from '../../cli/config/train-config.js'
import { orThrow } from '../../lib/or-throw.js'
import { loadTrainedModel } from '../../cli/training/training-steps.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { type FilterName, filters } from '../../lib/entropy/filter/index.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { renderPlot } from '../../lib/plot/render-plot.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { distinctPrompts } from '../../lib/task/distinct.js'
import { tasks } from '../../lib/task/index.js'
import type { Split } from '../../lib/task/task.js'
import { named } from '../named.js'
import type { Run } from './figures.js'
import { report, trackingPlot } from './report.js'
import { examined, trained } from './training.js'

const QUESTIONS = 256
const SAMPLES = 16

const options = {
  seeds: { type: 'string', default: '3' },
  steps: { type: 'string', default: String(trainDefaults.steps) },
  'learning-rate': { type: 'string', default: String(trainDefaults.learningRate) },
  checkpoint: { type: 'string', default: trainDefaults.model },
  split: { type: 'string', default: 'test' },
  filters: { type: 'string', default: Object.keys(filters).join() },
  out: { type: 'string', default: join('docs', 'entropy-control') },
} as const

export const entropyControlBench = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...args], options })
  const config = {
    ...trainDefaults,
    steps: Number(values.steps),
    learningRate: Number(values['learning-rate']),
  }
  const chosen = values.filters.split(',').map((name) => named('--filters', name, Object.keys(filters) as FilterName[]))
  const task = tasks[config.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(values.checkpoint)))
  const questions = await distinctPrompts(
    task.prompts(named<Split>('--split', values.split, ['train', 'tune', 'test']), 0),
    QUESTIONS,
  )
  const { engine } = await orThrow(openEngine())
  const model = (seed: number) => loadTrainedModel({ ...config, seed }, task, checkpoint, engine)
  const untrained = await model(0)
  const base = await examined(questions, SAMPLES, config, task, untrained)
  await untrained.close()
  const runs: Run[] = []
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    for (const filter of chosen) {
      console.log(`${filter}, seed ${seed}`)
      const seeded = { ...config, seed }
      const own = await model(seed)
      const metrics = await trained(filter, seeded, task, own)
      runs.push({ filter, seed, metrics, results: await examined(questions, SAMPLES, seeded, task, own) })
      await own.close()
    }
  }
  await engine.close()
  const byFilter = runs.toSorted((a, b) => order(a) - order(b) || a.seed - b.seed)
  await write(values.out, byFilter, base, `${config.task}, ${config.steps} steps, learning rate ${config.learningRate}`)
}

const order = ({ filter }: Run): number => Object.keys(filters).indexOf(filter)

const write = async (folder: string, runs: readonly Run[], base: Run['results'], subtitle: string): Promise<void> => {
  const text = report(runs, base)
  console.log(`\n${text}`)
  await mkdir(folder, { recursive: true })
  const plot = await renderPlot(trackingPlot(runs, subtitle))
  await orThrow(writeWhole(join(folder, 'results.md'), `${text}\n`))
  await orThrow(writeWhole(join(folder, 'results.json'), JSON.stringify({ base, runs })))
  await orThrow(writeWhole(join(folder, 'entropy.svg'), plot.svg))
  await orThrow(writeWhole(join(folder, 'entropy.png'), plot.png))
}
