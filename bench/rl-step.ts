/**
 * Time of one step of the default job, the share of each stage, and the rate beside the matmul peak of the engine.
 *
 *     npm run bench -- rl-step [--engine NAME]
 */
import { lastValueFrom, toArray } from 'rxjs'
import { trainDefaults } from '../cli/config/train-config.js'
import { loadTrainedModel, trainingSteps } from '../cli/training/training-steps.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { weightShapes } from '../lib/model/weights.js'
import { orThrow } from '../lib/or-throw.js'
import { tasks } from '../lib/task/index.js'
import type { StepSeconds } from '../lib/timing/step-seconds.js'
import type { Stage } from '../lib/timing/timed-ports.js'
import { type Bench, openBenchEngine } from './bench.js'
import { measureMatmulPeak, median } from './measure.js'

const STEPS = 80
/** Unmeasured steps, in which the engine and V8 compile programs. */
const WARMUP = 30

export const rlStepBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const config = { ...trainDefaults, steps: STEPS }
  const task = tasks[config.task].create()
  const checkpoint = await orThrow(readModel(checkpointPath(config.model)))
  const model = await loadTrainedModel(config, task, checkpoint, engine)
  const steps = (await lastValueFrom(trainingSteps(config, task, model).pipe(toArray()))).slice(WARMUP)
  const medianOf = (part: (seconds: StepSeconds) => number) => median(steps.map(({ seconds }) => part(seconds)))
  const total = medianOf((seconds) => seconds.total)
  const row = (stage: Stage | 'operators' | 'total') => {
    const seconds = medianOf((each) => each[stage])
    return [stage, seconds, seconds / total]
  }
  yield {
    title: 'A step of the default job',
    heading: ['stage', 'median s', 'share'],
    rows: (['sample', 'score', 'update', 'operators', 'total'] as const).map(row),
  }
  const weights = [...weightShapes(checkpoint.config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0)
  // An update takes 6 flops for each weight and token: 2 forward, 4 backward. Sampling and scoring take 2 each.
  const work = steps.map(({ report: { tokens } }) => weights * (6 * tokens.trained + 4 * tokens.sampled))
  const reached = median(work) / total / 1e9
  const peak = await measureMatmulPeak(engine)
  yield {
    title: 'Matrix products of the step, for completion tokens',
    heading: ['GFLOP/s', 'matmul peak', 'of peak'],
    rows: [[reached, peak, reached / peak]],
  }
  await model.close()
  await engine.close()
}
