/**
 * One engine of two threads against two replicas of one thread each, the same work for both: updates and generation of model S,
 * and steps of the default job. In turns; a ratio is that of neighbours.
 *
 *     npm run bench -- parallel
 */
import { lastValueFrom } from 'rxjs'
import { trainDefaults } from '../cli/config/train-config.js'
import { orThrow } from '../lib/or-throw.js'
import { loadTrainedModel, trainingSteps } from '../cli/training/training-steps.js'
import { openEngines } from '../lib/compute/engine/open-engines.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import { tasks } from '../lib/task/index.js'
import type { Bench } from './bench.js'
import { generationOn } from './decode.js'
import { median, secondsOf } from './measure.js'
import { S } from './models.js'
import { freshModel, syntheticBatch, updateOn } from './synthetic.js'

const TURNS = 15
/** Shapes are compiled, by the engine and by V8, in the first of them. */
const WARMUP = 3
const ROWS = 128
const STEPS = 8

export const parallelBench: Bench = async function* () {
  const one = await orThrow(openEngines(1, 'onnx', { threads: 2 }))
  const two = await orThrow(openEngines(2, 'onnx', { threads: 1 }))
  const settings = { ...trainDefaults, steps: STEPS }
  const task = tasks[settings.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(settings.model)))
  const fresh = await Promise.all([one, two].map(({ engine, replicas }) => freshModel(engine, S, { replicas })))
  const trained = await Promise.all(
    [one, two].map(({ engine, replicas }) => loadTrainedModel(settings, task, checkpoint, engine, replicas)),
  )
  const objective = ppoClip()
  const updates = (rows: number) => (model: LocalModel) => updateOn(model, syntheticBatch({ ...S, rows }), objective)
  const jobs = [
    ...[64, 256].map((rows) => [`an update of ${rows} sequences`, fresh, updates(rows)] as const),
    [`generation for ${ROWS} rows`, fresh, (model: LocalModel) => generationOn(model, S, ROWS)] as const,
    [
      `${STEPS} steps of the default job`,
      trained,
      (model: LocalModel) => () => lastValueFrom(trainingSteps(settings, task, model)),
    ] as const,
  ]
  const rows = []
  for (const [name, [whole, shared], job] of jobs) rows.push([name, ...(await inTurns(job(whole!), job(shared!)))])
  yield {
    title: 'One engine of two threads, and two replicas of one',
    heading: ['work', 'one, median s', 'two, median s', 'ratio, median', 'lowest', 'highest'],
    rows,
  }
  for (const model of [...fresh, ...trained]) await model.close()
  for (const { close } of [one, two]) await close()
}

const inTurns = async (one: () => Promise<unknown>, two: () => Promise<unknown>): Promise<readonly number[]> => {
  const [ones, twos]: [number[], number[]] = [[], []]
  for (let turn = -WARMUP; turn < TURNS; turn++) {
    const [first] = await secondsOf(one, 1, 0)
    const [second] = await secondsOf(two, 1, 0)
    if (turn < 0) continue
    ones.push(first!)
    twos.push(second!)
  }
  const ratios = twos.map((seconds, turn) => seconds / ones[turn]!)
  return [median(ones), median(twos), median(ratios), Math.min(...ratios), Math.max(...ratios)]
}
