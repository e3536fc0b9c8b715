/** One row of memory.ts: makes two updates, and prints JSON: peak of resident memory in KiB, seconds of the second update. */
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { openChildEngine } from './child.js'
import { L } from './models.js'
import { createModel, createBatch, createUpdate } from './synthetic.js'

const [name = '', sequences = '', microBatch = '', checkpointing = ''] = process.argv.slice(2)
const engine = await openChildEngine(name)
const local = await createModel(engine, L, {
  microBatch: Number(microBatch),
  gradientCheckpointing: checkpointing !== '',
})
let seconds = 0
if (Number(sequences) > 0) {
  const update = createUpdate(local, createBatch({ ...L, rows: Number(sequences) }), ppoClip())
  await update()
  const start = performance.now()
  await update()
  seconds = (performance.now() - start) / 1000
}
console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS, seconds }))
await local.close()
await engine.close()
