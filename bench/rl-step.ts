/**
 * One step of the default job: how long, where the time goes, and the rate beside the engine's matmul peak.
 *
 *     npm run bench -- rl-step [--engine NAME]
 */
import { lastValueFrom, toArray } from 'rxjs'
import { trainDefaults } from '../cli/config/train-config.js'
import { loadTrainedModel, trainingSteps } from '../cli/training/training-steps.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { parameterShapes } from '../lib/model/parameters.js'
import type { StepSeconds } from '../lib/timing/step-seconds.js'
import type { Stage } from '../lib/timing/timed-ports.js'
import { tasks } from '../lib/task/index.js'
import { orThrow } from '../lib/or-throw.js'
import { type Bench, openBenchEngine } from './bench.js'
import { matmulPeak, median } from './measure.js'

const STEPS = 80
/** Programs are compiled, by the engine and by V8, in the first of them. */
const WARMUP = 30

export const rlStepBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const config = { ...trainDefaults, steps: STEPS }
  const task = tasks[config.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(config.model)))
  const model = await loadTrainedModel(config, task, checkpoint, engine)
  const steps = (await lastValueFrom(trainingSteps(config, task, model).pipe(toArray()))).slice(WARMUP)
  const middle = (part: (seconds: StepSeconds) => number) => median(steps.map(({ seconds }) => part(seconds)))
  const total = middle((seconds) => seconds.total)
  const row = (stage: Stage | 'operators' | 'total') => {
    const seconds = middle((each) => each[stage])
    return [stage, seconds, seconds / total]
  }
  yield {
    title: 'A step of the default job',
    heading: ['stage', 'median s', 'share'],
    rows: (['sample', 'score', 'update', 'operators', 'total'] as const).map(row),
  }
  const weights = [...parameterShapes(checkpoint.config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0)
  // Forward 2 and backward 4 flops a weight and token; sampling and scoring read each token once more, forward.
  const work = steps.map(({ report: { tokens } }) => weights * (6 * tokens.trained + 4 * tokens.sampled))
  const reached = median(work) / total / 1e9
  const peak = await matmulPeak(engine)
  yield {
    title: 'Its matrix products, of completion tokens alone',
    heading: ['GFLOP/s', 'matmul peak', 'of peak'],
    rows: [[reached, peak, reached / peak]],
  }
  await model.close()
  await engine.close()
}
