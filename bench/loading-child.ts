/** One row of loading.ts: loads a model, and prints the peak of resident memory. @units KiB */
import { readModel } from '../lib/model/model-file.js'
import { orThrow } from '../lib/or-throw.js'
import { uploadWeights } from '../lib/policy/local/upload.js'
import { openChildEngine } from './child.js'

const [name = '', target = '', folder = ''] = process.argv.slice(2)
const engine = await openChildEngine(name)
const checkpoint = await orThrow(readModel(folder))
if (target === 'host') {
  let numbers = 0
  for await (const [, { data }] of checkpoint.weights) numbers += data.length
  console.error(`${numbers} weights`)
}
if (target === 'weights') await uploadWeights(engine, checkpoint)
console.log(process.resourceUsage().maxRSS)
await engine.close()
