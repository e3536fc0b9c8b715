/**
 * Operations at the sizes of model S, alone and with their gradient. The engine's kernel of a fused operation and its
 * composition of primitive operations run in turns.
 *
 *     npm run bench -- ops [--engine NAME]
 */
import { compose } from '../lib/compute/compose.js'
import { gradient } from '../lib/compute/gradient.js'
import * as o from '../lib/compute/operation/index.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { flops } from '../lib/compute/program/flops.js'
import { isOp, type Node, type Program, type Shape } from '../lib/compute/program/node.js'
import { program } from '../lib/compute/program/program.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { positionsFromStart } from '../lib/model/token-positions.js'
import { ropeFrequencies } from '../lib/model/rope-frequencies.js'
import { type Bench, openBenchEngine } from './bench.js'
import { measureMatmulPeak, median, measureSeconds } from './measure.js'

const x = (name: string, ...shape: Shape) => o.input(name, shape)
const tokens = [64, 4, 32, 32] as const

const fused: Readonly<Record<string, Node>> = {
  causalAttention: o.causalAttention(x('q', ...tokens), x('k', ...tokens), x('v', ...tokens)),
  swiglu: o.swiglu(x('gate', 2048, 512), x('up', 2048, 512)),
  rmsNorm: o.rmsNorm(x('x', 2048, 128), x('weight', 128), 1e-6),
  rope: o.rope(x('x', ...tokens), positionsFromStart(32).positions, {
    frequencies: ropeFrequencies({ headWidth: 32, ropeTheta: 10_000 }),
    limit: 32,
    back: false,
  }),
}

const elementary: Readonly<Record<string, Node>> = {
  'matmul 2048 x 128 x 512': o.matmul(x('a', 2048, 128), x('b', 128, 512)),
  'matmul 512 x 512 x 512': o.matmul(x('a', 512, 512), x('b', 512, 512)),
  'batched matmul': o.matmul(x('a', ...tokens), x('b', ...tokens)),
  mul: o.mul(x('a', 2048, 512), x('b', 2048, 512)),
  sigmoid: o.sigmoid(x('a', 2048, 512)),
  softmax: o.softmax(x('a', 64, 4, 32, 32)),
  sum: o.sum(x('a', 2048, 512), [1]),
  transpose: o.transpose(x('a', ...tokens), [0, 2, 1, 3]),
  gather: o.gather(
    x('a', 64, 128),
    o.constant(
      Int32Array.from({ length: 2048 }, (_, i) => i % 64),
      [2048],
    ),
  ),
}

export const opsBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const peak = await measureMatmulPeak(engine)
  const single = []
  for (const [name, y] of Object.entries(elementary)) {
    const one = program(name, { y })
    const [seconds] = await measureInTurns(engine, [one])
    const moved = 4 * [...one.inputs.values(), y].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    const rate = flops(one) / seconds! / 1e9
    const products = rate > 0 ? [rate, rate / peak] : ['', '']
    single.push([name, 1e6 * seconds!, moved / seconds! / 1e9, ...products])
  }
  yield {
    title: `Operations alone, result left on the engine; matmul peak ${peak.toFixed(0)} GFLOP/s`,
    heading: ['operation', 'median us', 'GB/s', 'GFLOP/s', 'of peak'],
    rows: single,
  }
  const pairs = []
  for (const [name, y] of Object.entries(fused)) {
    const forward = program(name, { y })
    for (const [what, one] of [
      ['forward', forward],
      ['with gradient', withGradient(name, y)],
    ] as const) {
      const [own, composed] = await measureInTurns(engine, [one, compose(one)])
      pairs.push([name, what, 1e6 * own!, 1e6 * composed!, own! / composed!])
    }
  }
  yield {
    title: 'Fused operations beside their composition',
    heading: ['operation', '', 'median us', 'composed us', 'ratio'],
    rows: pairs,
  }
  await engine.close()
}

const withGradient = (name: string, y: Node): Program => {
  const inputs = [...program(name, { y }).inputs.values()]
  const loss = o.sum(
    o.mul(y, y),
    y.shape.map((_, axis) => axis),
  )
  const gradients = gradient(
    loss,
    inputs.filter(({ dtype }) => dtype === 'float32'),
  )
  return program(name, Object.fromEntries(gradients.map((g, i) => [String(i), g])))
}

/** Returns the median time of each program; the programs run in turns. @units seconds */
const measureInTurns = async (engine: Engine, programs: readonly Program[]): Promise<readonly number[]> => {
  const runs = await Promise.all(
    programs.map(async (one) => {
      const executable = await engine.compile(one)
      const feed = await Promise.all(
        [...one.inputs].map(async ([name, node]) => [name, await engine.upload(fillInput(node))] as const),
      )
      return { executable, feed: Object.fromEntries(feed), seconds: [] as number[] }
    }),
  )
  for (let turn = 0; turn < 30; turn++)
    for (const { executable, feed, seconds } of runs) {
      const once = async () => {
        const { device } = await executable.run(feed)
        for (const tensor of Object.values(device)) tensor.dispose()
      }
      seconds.push(...(await measureSeconds(once, 3, 0)))
    }
  for (const { executable, feed } of runs) {
    executable.dispose()
    for (const tensor of Object.values(feed)) tensor.dispose()
  }
  return runs.map(({ seconds }) => median(seconds))
}

const fillInput = (node: Node) => {
  if (!isOp(node, 'input')) throw new RangeError(`node: found ${node.op}, expected an input`)
  return { shape: node.shape, data: Float32Array.from({ length: sizeOf(node.shape) }, (_, i) => Math.sin(i)) }
}
