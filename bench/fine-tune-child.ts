/** One row of fine-tune.ts: makes two training steps and prints a {@link FineTuneResult}. */
import { sizeOf } from '../lib/compute/program/shape.js'
import { freshAdapters, withAdapters } from '../lib/model/lora/adapters.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { weightShapes, trainedShapes } from '../lib/model/weights.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { uniform } from '../lib/random/uniform.js'
import { openChildEngine } from './child.js'
import { type FineTuneResult, trainedParts } from './fine-tune-job.js'
import { ADAPTERS, SMOLLM2 } from './models.js'
import { parseName } from './parse-name.js'
import { createModel, createBatch, createUpdate } from './synthetic.js'

const [name = '', part = '', checkpointing = ''] = process.argv.slice(2)

/** Random weights, made one at a time as a file is read. */
const random: ModelSource = {
  config: SMOLLM2.config,
  metadata: {},
  weights: (function* () {
    for (const [weight, shape] of weightShapes(SMOLLM2.config)) {
      const data = new Float32Array(sizeOf(shape))
      if (shape.length === 1) data.fill(1)
      else data.forEach((_, i) => (data[i] = 0.04 * (uniform(weight.length, i) - 0.5)))
      yield [weight, { shape, data }] as const
    }
  })(),
}
const lora = ADAPTERS
const adapters = parseName('trained', part, trainedParts) === 'adapters'
const checkpoint = adapters ? withAdapters(random, freshAdapters(SMOLLM2.config, lora, 1)) : random
const engine = await openChildEngine(name)
const local = await createModel(engine, SMOLLM2, { checkpoint, gradientCheckpointing: checkpointing === 'yes' })
const loaded = process.resourceUsage().maxRSS
const update = createUpdate(local, createBatch(SMOLLM2), ppoClip())
await update()
const start = performance.now()
await update()
const seconds = (performance.now() - start) / 1000
const trained = [...trainedShapes(checkpoint.config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0)
const result: FineTuneResult = { trained, loaded, peak: process.resourceUsage().maxRSS, seconds }
console.log(JSON.stringify(result))
await local.close()
await engine.close()
