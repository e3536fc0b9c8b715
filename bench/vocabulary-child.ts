/**
 * One row of vocabulary.ts: the loss of long sequences over a long vocabulary and its gradients, in blocks of rows of the
 * head. Prints JSON: peak of resident memory before and after the run in KiB, seconds, and numbers to compare.
 */
import { gradient } from '../lib/compute/gradient.js'
import { add, input, slice, sum, tokenStatistics } from '../lib/compute/operation/index.js'
import type { HostTensor } from '../lib/compute/program/node.js'
import { program } from '../lib/compute/program/program.js'
import { uniform } from '../lib/random/uniform.js'
import { openChildEngine } from './child.js'
import { longVocabulary } from './long-vocabulary.js'

const [name = '', block = ''] = process.argv.slice(2)
const { tokens, vocabulary, width } = longVocabulary
const engine = await openChildEngine(name)
const hidden = input('hidden', [tokens, width])
const weight = input('weight', [vocabulary, width])
const statistics = tokenStatistics(
  hidden,
  weight,
  input('targets', [tokens], 'int32'),
  block === '' ? undefined : Number(block),
)
const column = (i: number) => sum(slice(statistics, [0, i], [tokens, 1]), [0, 1])
const loss = add(column(0), column(1))
const [ofHidden, ofWeight] = gradient(loss, [hidden, weight]) as [typeof hidden, typeof hidden]
const executable = await engine.compile(program('long vocabulary', { loss, ofHidden, ofWeight }))
const randomTensor = (key: number, shape: readonly [number, number]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => uniform(key, i) - 0.5),
})
const feed = {
  hidden: randomTensor(0, [tokens, width]),
  weight: randomTensor(1, [vocabulary, width]),
  targets: {
    shape: [tokens],
    data: Int32Array.from({ length: tokens }, (_, i) => Math.floor(uniform(2, i) * vocabulary)),
  },
}
const before = process.resourceUsage().maxRSS
const start = performance.now()
const { host } = await executable.run(feed, ['loss', 'ofHidden', 'ofWeight'])
const seconds = (performance.now() - start) / 1000
/** Reduces a gradient to one number that depends on every element. */
const checksum = ({ data }: HostTensor) => {
  let total = 0
  for (let i = 0; i < data.length; i++) total += data[i]! * Math.cos(i)
  return total
}
const numbers = [host['loss']!.data[0]!, checksum(host['ofHidden']!), checksum(host['ofWeight']!)]
console.log(JSON.stringify({ before, peak: process.resourceUsage().maxRSS, seconds, numbers }))
await engine.close()
