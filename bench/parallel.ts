/**
 * One engine of two threads against two engines of one thread each, the same work for both: two updates of model S, and
 * generation for twice 64 rows. In turns; copying weights and gradients between engines is not counted.
 *
 *     npm run bench -- parallel
 */
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
  const jobs = {
    'two updates': {
      one: async () => {
        await updateOn(whole!, batch, ppoClip())()
        await updateOn(whole!, batch, ppoClip())()
      },
      two: () => Promise.all(halves.map((half) => updateOn(half, batch, ppoClip())())),
    },
    [`generation for ${2 * ROWS} rows`]: {
      one: generationOn(whole!, S, 2 * ROWS),
      two: () => Promise.all(halves.map((half) => generationOn(half, S, ROWS)())),
    },
  }
  const rows = []
  for (const [name, { one, two }] of Object.entries(jobs)) {
    const [ones, twos]: [number[], number[]] = [[], []]
    for (let turn = -2; turn < TURNS; turn++) {
      const [first] = await secondsOf(one, 1, 0)
      const [second] = await secondsOf(two, 1, 0)
      if (turn < 0) continue
      ones.push(first!)
      twos.push(second!)
    }
    rows.push([name, median(ones), median(twos), median(twos.map((seconds, i) => seconds / ones[i]!))])
  }
  yield {
    title: 'One engine of two threads, and two of one',
    heading: ['work', 'one, median s', 'two, median s', 'ratio, median'],
    rows,
  }
  for (const model of [whole!, ...halves]) await model.close()
  for (const engine of engines) await engine.close()
}
