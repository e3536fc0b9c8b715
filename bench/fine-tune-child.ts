/** One row of fine-tune.ts: takes two steps and prints {@link FineTuned} of the second. */
import { engineNames } from '../lib/compute/engine/engine-name.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { freshAdapters, withAdapters } from '../lib/model/lora/adapters.js'
import { loraTargets } from '../lib/model/lora/lora.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { weightShapes, trainedShapes } from '../lib/model/weights.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { uniform } from '../lib/random/uniform.js'
import { openBenchEngine } from './bench.js'
import { trainedParts } from './fine-tune.js'
import { SMOLLM2 } from './models.js'
import { named } from './named.js'
import { freshModel, syntheticBatch, updateOn } from './synthetic.js'

export interface FineTuned {
  /** Numbers that are trained. */
  readonly trained: number
  /** Peaks of resident memory, when the model is there and after the steps. @units KiB */
  readonly loaded: number
  readonly peak: number
  readonly seconds: number
}

const [name = '', part = '', checkpointing = ''] = process.argv.slice(2)

/** One at a time, as files are read. */
const drawn: ModelSource = {
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
const lora = { rank: 16, alpha: 32, targets: loraTargets }
const adapters = named('trained', part, trainedParts) === 'adapters'
const checkpoint = adapters ? withAdapters(drawn, freshAdapters(SMOLLM2.config, lora, 1)) : drawn
const engine = await openBenchEngine({ engine: named('engine', name, engineNames), python: '', device: '' })
const local = await freshModel(engine, SMOLLM2, { checkpoint, gradientCheckpointing: checkpointing === 'yes' })
const loaded = process.resourceUsage().maxRSS
const update = updateOn(local, syntheticBatch(SMOLLM2), ppoClip())
await update()
const start = performance.now()
await update()
const seconds = (performance.now() - start) / 1000
const trained = [...trainedShapes(checkpoint.config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0)
const found: FineTuned = { trained, loaded, peak: process.resourceUsage().maxRSS, seconds }
console.log(JSON.stringify(found))
await local.close()
await engine.close()
