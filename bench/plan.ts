/**
 * Plans of the engine `webgpu`: what a program costs before a GPU computes anything. The time of the host is measured on the
 * backend of Dawn that does nothing.
 *
 *     npm run bench -- plan [--engine webgpu]
 */
import { connect } from '../lib/compute/engine/webgpu/connect.js'
import { type Plan, planOf } from '../lib/compute/engine/webgpu/plan/plan.js'
import type { DeviceTensor, Engine } from '../lib/compute/engine/engine.js'
import type { Node, Program } from '../lib/compute/program/node.js'
import { broadcast, scalar } from '../lib/compute/operation/index.js'
import { program } from '../lib/compute/program/program.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import type { DecoderConfig } from '../lib/model/decoder-config.js'
import { decodeProgram, drawingHead, logitsHead, type ProgramHead } from '../lib/model/program/generate.js'
import { trainProgram } from '../lib/model/program/train.js'
import { trainedShapes } from '../lib/model/weights.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { adamwDefaults, adamwProgram } from '../lib/optimizer/adamw.js'
import { isDrawnOnEngine } from '../lib/policy/local/next-tokens.js'
import type { Bench, Cell } from './bench.js'
import { median } from './measure.js'
import { type BenchModel, L, S, shapeOf, SMOLLM2 } from './models.js'

/** Program of a row, and the prefixes of the inputs and outputs that stay on the GPU. */
interface Case {
  readonly name: string
  readonly program: Program
  readonly stays: RegExp
  readonly donated: RegExp | null
}

const DECODED = { rows: 256, limit: 64 }

/** Matches the names of caches, and of no input or output that is copied. */
const CACHE = /^(?!tokens|positions|logits|uniforms|drawn|measures)/

/** Head with which the model generates without top-k and top-p. */
const headOf = ({ vocabulary }: DecoderConfig): ProgramHead =>
  isDrawnOnEngine(vocabulary) ? drawingHead(1, true) : logitsHead

const casesOf = ({ config }: BenchModel, model: BenchModel): readonly Case[] => {
  const weights = [...trainedShapes(config).keys()]
  const isWeight = new RegExp(`^(${weights.map((name) => name.replaceAll('.', '\\.')).join('|')}|gradient\\..*)$`)
  return [
    { name: 'train', program: trainProgram(config, ppoClip(), shapeOf(model)), stays: isWeight, donated: null },
    {
      name: 'adamw',
      program: adamwProgram(trainedShapes(config), adamwDefaults),
      stays: /^(parameter|gradient|first|second)\./,
      donated: null,
    },
    {
      name: `decode of ${DECODED.rows} rows`,
      program: decodeProgram(config, DECODED.rows, DECODED.limit, { head: headOf(config) }),
      stays: new RegExp(`${isWeight.source}|${CACHE.source}`),
      donated: CACHE,
    },
  ]
}

export const planBench: Bench = async function* () {
  const rows: Cell[][] = []
  for (const model of [S, L, SMOLLM2])
    for (const each of casesOf(model, model)) {
      const plan = planOf(each.program)
      rows.push([model.name, each.name, ...factsOf(plan, each), ...(await hostMilliseconds(plan, each))])
    }
  yield {
    title: 'Plans of the engine webgpu',
    heading: [
      'model',
      'program',
      'nodes',
      'dispatches',
      'pipelines',
      'bytes in',
      'bytes out',
      'arena MB',
      'of bound',
      'best host ms',
      'median host ms',
    ],
    rows,
  }
}

const factsOf = (plan: Plan, { program, stays }: Case): readonly Cell[] => {
  const kernels = plan.steps.flatMap((step) => (step.kind === 'kernel' ? [step.kernel] : []))
  const copied = (values: ReadonlyMap<string, Node>) =>
    [...values].reduce((sum, [name, { shape }]) => sum + (stays.test(name) ? 0 : 4 * sizeOf(shape)), 0)
  return [
    plan.nodes,
    kernels.length,
    new Set(kernels.map(({ code }) => code)).size,
    copied(program.inputs),
    copied(program.outputs),
    plan.arena.bytes / 1e6,
    plan.arena.bytes / Math.max(1, plan.arena.bound),
  ]
}

/** Number of runs that are timed, after as many that warm up. */
const RUNS = 40

/** Largest buffer of the backend that does nothing. @units bytes */
const NULL_MEMORY = 2 ** 28

/** Best and median time that the host needs to hand a run to the GPU; none for programs that need larger buffers. @units ms */
const hostMilliseconds = async ({ arena }: Plan, each: Case): Promise<readonly [Cell, Cell]> => {
  const inputs = [...each.program.inputs.values()].reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
  if (Math.max(inputs, arena.bytes) > NULL_MEMORY) return ['–', '–']
  const engine = await connect({ dawnFlags: ['backend=null'] })
  try {
    return await timeRuns(engine, each)
  } finally {
    await engine.close()
  }
}

const timeRuns = async (engine: Engine, { program, stays, donated }: Case): Promise<readonly [number, number]> => {
  const executable = await engine.compile(program)
  const host = Object.fromEntries(
    [...program.inputs].flatMap(([name, node]) => (stays.test(name) ? [] : [[name, zeros(node)] as const])),
  )
  let kept = await residents(
    engine,
    [...program.inputs].filter(([name]) => stays.test(name)),
  )
  const given =
    donated === null ? [] : Object.keys(kept).filter((name) => program.outputs.has(name) && donated.test(name))
  const times: number[] = []
  for (let run = 0; run < 2 * RUNS; run++) {
    const start = performance.now()
    const { device } = await executable.run({ ...host, ...kept }, [], given)
    if (run >= RUNS) times.push(performance.now() - start)
    // Results that are inputs of the next run take their place, as in training and generation.
    for (const [name, tensor] of Object.entries(device)) {
      if (!(name in kept)) tensor.dispose()
      else {
        if (!given.includes(name)) kept[name]!.dispose()
        kept = { ...kept, [name]: tensor }
      }
    }
  }
  return [Math.min(...times), median(times)]
}

/** Makes tensors as a program leaves them: the outputs of one run lie together in GPU memory. */
const residents = async (
  engine: Engine,
  values: readonly (readonly [string, Node])[],
): Promise<Readonly<Record<string, DeviceTensor>>> => {
  const zero = scalar(0)
  const outputs = values.map(([name, { shape }]) => [name, broadcast(zero, shape)] as const)
  const executable = await engine.compile(program('residents', Object.fromEntries(outputs)))
  return (await executable.run({})).device
}

const zeros = ({ shape, dtype }: Node) => ({
  shape,
  data: dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape)),
})
