/** One row of memory.ts: makes two updates and prints the peak of its resident memory. @units KiB */
import { engineNames } from '../lib/compute/engine/engine-name.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { openBenchEngine } from './bench.js'
import { L } from './models.js'
import { named } from './named.js'
import { freshModel, syntheticBatch, updateOn } from './synthetic.js'

const [name = '', sequences = '', microBatch = ''] = process.argv.slice(2)
const engine = await openBenchEngine({ engine: named('engine', name, engineNames), python: '', device: '' })
const local = await freshModel(engine, L, { microBatch: Number(microBatch) })
if (Number(sequences) > 0) {
  const update = updateOn(local, syntheticBatch({ ...L, rows: Number(sequences) }), ppoClip())
  await update()
  await update()
}
console.log(process.resourceUsage().maxRSS)
await local.close()
await engine.close()
