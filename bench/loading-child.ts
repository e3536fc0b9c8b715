/** One row of loading.ts: loads a model and prints the peak of its resident memory. @units KiB */
import { orThrow } from '../lib/or-throw.js'
import { engineNames } from '../lib/compute/engine/engine-name.js'
import { readModel } from '../lib/model/model-file.js'
import { uploadWeights } from '../lib/policy/local/upload.js'
import { openBenchEngine } from './bench.js'
import { named } from './named.js'

const [name = '', target = '', folder = ''] = process.argv.slice(2)
const engine = await openBenchEngine({ engine: named('engine', name, engineNames), python: '', device: '' })
const checkpoint = await orThrow(readModel(folder))
if (target === 'host') {
  let numbers = 0
  for await (const [, { data }] of checkpoint.weights) numbers += data.length
  console.error(`${numbers} weights`)
}
if (target === 'weights') await uploadWeights(engine, checkpoint)
console.log(process.resourceUsage().maxRSS)
await engine.close()
