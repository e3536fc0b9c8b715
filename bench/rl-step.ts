/**
 * One step of the default job: how long, where the time goes, and the rate beside the engine's matmul peak.
 *
 *     npm run bench -- rl-step [ENGINE]
 */
import { lastValueFrom, toArray } from 'rxjs'
import { trainDefaults } from '../cli/config/train-config.js'
import { modelOf, trainingSteps } from '../cli/training-steps.js'
import { engineNames, openEngine } from '../lib/compute/engine/open-engine.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import type { StepSeconds } from '../lib/run/step-seconds.js'
import { tasks } from '../lib/task/index.js'
import { orThrow } from '../cli/exit.js'
import { named } from './named.js'
import { matmulPeak, median, table } from './measure.js'

const STEPS = 80
/** Programs are compiled, by the engine and by V8, in the first of them. */
const WARMUP = 30

export const rlStepBench = async ([name]: readonly string[]): Promise<void> => {
  const { engine, reason } = await orThrow(openEngine(name === undefined ? name : named('engine', name, engineNames)))
  console.log(`engine ${engine.name}: ${reason}`)
  const config = { ...trainDefaults, steps: STEPS }
  const task = tasks[config.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(config.checkpoint)))
  const model = await modelOf(config, task, checkpoint, engine)
  const steps = (await lastValueFrom(trainingSteps(config, task, model).pipe(toArray()))).slice(WARMUP)
  const middle = (part: (seconds: StepSeconds) => number) =>
    median(steps.map(({ seconds }) => part(seconds)).sort((a, b) => a - b))
  const total = middle((seconds) => seconds.total)
  const row = (stage: 'sample' | 'score' | 'update' | 'operators' | 'total') => {
    const seconds = middle((each) => each[stage])
    return [stage, seconds.toFixed(4), `${((100 * seconds) / total).toFixed(1)}%`]
  }
  console.log(
    table([['stage', 'median s', 'share'], row('sample'), row('score'), row('update'), row('operators'), row('total')]),
  )
  const weights = [...checkpoint.parameters.values()].reduce((sum, { data }) => sum + data.length, 0)
  // Forward 2 and backward 4 flops a weight and token; sampling and scoring read each token once more, forward.
  const work = steps.map(({ report: { tokens } }) => weights * (6 * tokens.trained + 4 * tokens.sampled))
  const reached = median(work.sort((a, b) => a - b)) / total / 1e9
  const peak = await matmulPeak(engine)
  console.log(`${reached.toFixed(1)} GFLOP/s of completion tokens; matmul peak ${peak.toFixed(1)} GFLOP/s`)
  await model.close()
  await engine.close()
}
