/**
 * GRPO and the four filters from the same base checkpoint: how entropy follows its band, and the effect on answers.
 *
 *     npm run bench -- entropy-control [--seeds 3] [--split test] [--filters a,b] [--out docs/entropy-control]
 *
 * The other settings are the defaults of `entrain train`, except --steps, --learning-rate and --checkpoint. Choose settings on
 * `--split tune`. Writes results.md, results.json and the plot into the folder.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { trainDefaults } from '../../cli/config/train-config.js'
import { loadTrainedModel } from '../../cli/training/training-steps.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { type FilterName, filters } from '../../lib/entropy/filter/index.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { orThrow } from '../../lib/or-throw.js'
import { distinctPrompts } from '../../lib/task/distinct.js'
import { tasks } from '../../lib/task/index.js'
import type { Split } from '../../lib/task/task.js'
import { parseName } from '../parse-name.js'
import { writeResults } from '../write-results.js'
import type { Run } from './figures.js'
import { formatReport, createTrackingPlot } from './report.js'
import { examine, train } from './training.js'

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
  const chosen = values.filters
    .split(',')
    .map((name) => parseName('--filters', name, Object.keys(filters) as FilterName[]))
  const task = tasks[config.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(values.checkpoint)))
  const questions = await orThrow(
    distinctPrompts(task.prompts(parseName<Split>('--split', values.split, ['train', 'tune', 'test']), 0), QUESTIONS),
  )
  const { engine } = await orThrow(openEngine())
  const model = (seed: number) => loadTrainedModel({ ...config, seed }, task, checkpoint, engine)
  const untrained = await model(0)
  const base = await examine(questions, SAMPLES, config, task, untrained)
  await untrained.close()
  const runs: Run[] = []
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    for (const filter of chosen) {
      console.log(`${filter}, seed ${seed}`)
      const seeded = { ...config, seed }
      const own = await model(seed)
      const metrics = await train(filter, seeded, task, own)
      runs.push({ filter, seed, metrics, results: await examine(questions, SAMPLES, seeded, task, own) })
      await own.close()
    }
  }
  await engine.close()
  const byFilter = runs.toSorted((a, b) => placeOf(a) - placeOf(b) || a.seed - b.seed)
  const subtitle = `${config.task}, ${config.steps} steps, learning rate ${config.learningRate}`
  await writeResults(values.out, {
    tables: formatReport(byFilter, base),
    data: { base, runs: byFilter },
    plot: createTrackingPlot(byFilter, subtitle),
  })
}

const placeOf = ({ filter }: Run): number => Object.keys(filters).indexOf(filter)
