/**
 * One engine with two threads beside two replicas with one thread each. Both do the same work in turns: updates and generation
 * of model S, and steps of the default job. A ratio compares two runs that follow each other.
 *
 *     npm run bench -- parallel
 */
import { lastValueFrom } from 'rxjs'
import { trainDefaults } from '../cli/config/train-config.js'
import { loadTrainedModel, trainingSteps } from '../cli/training/training-steps.js'
import { openEngines } from '../lib/compute/engine/open-engines.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { orThrow } from '../lib/or-throw.js'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import { tasks } from '../lib/task/index.js'
import type { Bench } from './bench.js'
import { createGeneration } from './decode.js'
import { compareInTurns, turnsHeading } from './in-turns.js'
import { timed } from './measure.js'
import { S } from './models.js'
import { createModel, createBatch, createUpdate } from './synthetic.js'

const TURNS = { pairs: 15, warmup: 3 }
const ROWS = 128
const STEPS = 8

export const parallelBench: Bench = async function* () {
  const one = await orThrow(openEngines(1, 'onnx', { threads: 2 }))
  const two = await orThrow(openEngines(2, 'onnx', { threads: 1 }))
  const settings = { ...trainDefaults, steps: STEPS }
  const task = tasks[settings.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(settings.model)))
  const fresh = await Promise.all([one, two].map(({ engine, replicas }) => createModel(engine, S, { replicas })))
  const trained = await Promise.all(
    [one, two].map(({ engine, replicas }) => loadTrainedModel(settings, task, checkpoint, engine, replicas)),
  )
  const objective = ppoClip()
  const updates = (rows: number) => (model: LocalModel) => createUpdate(model, createBatch({ ...S, rows }), objective)
  const jobs = [
    ...[64, 256].map((rows) => [`an update of ${rows} sequences`, fresh, updates(rows)] as const),
    [`generation for ${ROWS} rows`, fresh, (model: LocalModel) => createGeneration(model, S, ROWS)] as const,
    [
      `${STEPS} steps of the default job`,
      trained,
      (model: LocalModel) => () => lastValueFrom(trainingSteps(settings, task, model)),
    ] as const,
  ]
  const rows = []
  for (const [name, [whole, shared], job] of jobs)
    rows.push([name, ...(await compareInTurns(timed(job(shared!)), timed(job(whole!)), TURNS))])
  yield {
    title: 'One engine of two threads, and two replicas of one',
    heading: ['work', ...turnsHeading('two', 'one')],
    rows,
  }
  for (const model of [...fresh, ...trained]) await model.close()
  for (const { close } of [one, two]) await close()
}
