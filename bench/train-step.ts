/**
 * Time of one update (forward, backward, AdamW) of the models S and L, and its rate beside the matmul peak of the engine.
 *
 *     npm run bench -- train-step [--engine NAME]
 */
import { flops } from '../lib/compute/program/flops.js'
import { trainProgram } from '../lib/model/program/train.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { type Bench, openBenchEngine } from './bench.js'
import { measureMatmulPeak, median, measureSeconds } from './measure.js'
import { L, S, shapeOf } from './models.js'
import { createModel, createBatch, createUpdate } from './synthetic.js'

export const trainStepBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const objective = ppoClip()
  const rows = []
  for (const model of [S, L]) {
    const { config, rows: sequences, length } = model
    const local = await createModel(engine, model)
    const seconds = await measureSeconds(createUpdate(local, createBatch(model), objective), model === S ? 20 : 8)
    await local.close()
    const peak = await measureMatmulPeak(engine)
    const work = flops(trainProgram(config, objective, shapeOf(model))) / 1e9
    const reached = work / median(seconds)
    rows.push([model.name, `${sequences}x${length}`, work, seconds[0]!, median(seconds), reached, peak, reached / peak])
  }
  yield {
    title: 'One update: forward, backward, AdamW',
    heading: ['model', 'batch', 'GFLOP', 'best s', 'median s', 'GFLOP/s', 'matmul peak', 'of peak'],
    rows,
  }
  await engine.close()
}
