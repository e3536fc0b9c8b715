/**
 * Growth of the update time with the number of sequences, their length, and the width of the model. If the growth is linear,
 * the last column is constant.
 *
 *     npm run bench -- scaling [--engine NAME]
 */
import { flops } from '../lib/compute/program/flops.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { trainProgram } from '../lib/model/program/train.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { type Bench, openBenchEngine } from './bench.js'
import { median, measureSeconds } from './measure.js'
import { type BenchModel, S, shapeOf } from './models.js'
import { createModel, createBatch, createUpdate } from './synthetic.js'

export const scalingBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const bySequences = []
  for (const rows of [8, 16, 32, 64, 128, 256, 512, 1024]) {
    const seconds = await measureUpdate(engine, { ...S, rows })
    bySequences.push([rows, seconds, (1000 * seconds) / rows])
  }
  yield {
    title: `An update of model S by sequences of ${S.length} tokens, in micro-batches of 64`,
    heading: ['sequences', 'median s', 'ms a sequence'],
    rows: bySequences,
  }
  const byLength = []
  for (const length of [64, 128, 256, 512, 1024, 2048, 4096]) {
    const model = { ...S, rows: Math.max(1, 2048 / length), length }
    const seconds = await measureUpdate(engine, model)
    const tokens = model.rows * length
    byLength.push([length, model.rows, seconds, (1e6 * seconds) / tokens, attentionShareOf(model)])
  }
  yield {
    title: 'An update of model S by the length of its sequences',
    heading: ['length', 'sequences', 'median s', 'us a token', 'attention’s share of the flops'],
    rows: byLength,
  }
  const bySize = []
  for (const width of [64, 128, 256, 512]) {
    const config = { ...S.config, width, feedForward: 4 * width, headWidth: width / S.config.heads }
    const model = { ...S, config }
    const seconds = await measureUpdate(engine, model)
    const work = flops(trainProgram(config, ppoClip(), shapeOf(model))) / 1e9
    bySize.push([width, work, seconds, (1000 * seconds) / work])
  }
  yield {
    title: `An update of ${S.rows} x ${S.length} tokens by the model’s width`,
    heading: ['width', 'GFLOP', 'median s', 'ms a GFLOP'],
    rows: bySize,
  }
  await engine.close()
}

const measureUpdate = async (engine: Engine, model: BenchModel): Promise<number> => {
  const local = await createModel(engine, model, { microBatch: Math.min(64, model.rows) })
  const seconds = median(await measureSeconds(createUpdate(local, createBatch(model), ppoClip()), 5))
  await local.close()
  return seconds
}

/** Returns the share of the matrix products that grow with the square of the sequence length. */
const attentionShareOf = (model: BenchModel): number => {
  const each = (length: number) => flops(trainProgram(model.config, ppoClip(), shapeOf({ rows: 1, length }))) / length
  // In a sequence of two tokens, attention costs almost nothing; this is the cost of a token without attention.
  return 1 - each(2) / each(model.length)
}
