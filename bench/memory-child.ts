/** One row of memory.ts: makes two updates and prints JSON: the peak of its resident memory in KiB, seconds of the second. */
import { engineNames } from '../lib/compute/engine/engines.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { openBenchEngine } from './bench.js'
import { L } from './models.js'
import { named } from './named.js'
import { freshModel, syntheticBatch, updateOn } from './synthetic.js'

const [name = '', sequences = '', microBatch = '', checkpointing = ''] = process.argv.slice(2)
const engine = await openBenchEngine({ engine: named('engine', name, engineNames), python: '', device: '' })
const local = await freshModel(engine, L, {
  microBatch: Number(microBatch),
  gradientCheckpointing: checkpointing !== '',
})
let seconds = 0
if (Number(sequences) > 0) {
  const update = updateOn(local, syntheticBatch({ ...L, rows: Number(sequences) }), ppoClip())
  await update()
  const start = performance.now()
  await update()
  seconds = (performance.now() - start) / 1000
}
console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS, seconds }))
await local.close()
await engine.close()
