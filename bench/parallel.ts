/**
 * One engine of two threads against two engines of one thread each, the same work for both: two updates of model S, and
 * generation for twice 64 rows. In turns; the two are also charged for what they would have to exchange: weights, once a
 * version, read out of one engine and put on the other, and for updates the gradients, which are as large.
 *
 *     npm run bench -- parallel
 */
import { initialParameters } from '../lib/model/parameters.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { type Bench, openBenchEngine } from './bench.js'
import { generationOn } from './decode.js'
import { median, secondsOf } from './measure.js'
import { S } from './models.js'
import { freshModel, syntheticBatch, updateOn } from './synthetic.js'

const TURNS = 12
const ROWS = 64

export const parallelBench: Bench = async function* () {
  const open = (threads: number) => openBenchEngine({ engine: 'onnx', threads, python: '', device: '' })
  const engines = [await open(2), await open(1), await open(1)] as const
  const [whole, ...halves] = await Promise.all(engines.map((engine) => freshModel(engine, S)))
  const batch = syntheticBatch(S)
  const parameters = [...initialParameters(S.config, 1).values()]
  const source = await Promise.all(parameters.map((tensor) => engines[1].upload(tensor)))
  const exchange = async () => {
    const copies = await Promise.all(source.map(async (tensor) => engines[2].upload(await engines[1].read(tensor))))
    for (const copy of copies) copy.dispose()
  }
  const jobs = {
    'two updates': {
      one: async () => {
        await updateOn(whole!, batch, ppoClip())()
        await updateOn(whole!, batch, ppoClip())()
      },
      two: () => Promise.all(halves.map((half) => updateOn(half, batch, ppoClip())())),
      exchanges: 2,
    },
    [`generation for ${2 * ROWS} rows`]: {
      one: generationOn(whole!, S, 2 * ROWS),
      two: () => Promise.all(halves.map((half) => generationOn(half, S, ROWS)())),
      exchanges: 1,
    },
  }
  const rows = []
  for (const [name, { one, two, exchanges }] of Object.entries(jobs)) {
    const [ones, twos, copies]: [number[], number[], number[]] = [[], [], []]
    for (let turn = -2; turn < TURNS; turn++) {
      const [first] = await secondsOf(one, 1, 0)
      const [second] = await secondsOf(two, 1, 0)
      const [copy] = await secondsOf(exchange, 1, 0)
      if (turn < 0) continue
      ones.push(first!)
      twos.push(second!)
      copies.push(exchanges * copy!)
    }
    const ratio = (add: (i: number) => number) => median(twos.map((seconds, i) => (seconds + add(i)) / ones[i]!))
    rows.push([name, median(ones), median(twos), ratio(() => 0), median(copies), ratio((i) => copies[i]!)])
  }
  yield {
    title: 'One engine of two threads, and two of one',
    heading: ['work', 'one, median s', 'two, median s', 'ratio', 'exchange, median s', 'ratio with it'],
    rows,
  }
  for (const model of [whole!, ...halves]) await model.close()
  for (const engine of engines) await engine.close()
}
