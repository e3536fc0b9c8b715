/**
 * Plans of the engine `webgpu`: what a program costs before a GPU computes anything, and the memory of an update. The time of the
 * host is measured on the backend of Dawn that does nothing. Programs of S are measured on `tfjs-webgpu`, too.
 *
 *     npm run bench -- plan [--engine webgpu|tfjs-webgpu]
 *
 * Needs the package `webgpu`, and `@tensorflow/tfjs-backend-webgpu` for `tfjs-webgpu`.
 */
import { explain } from '../cli/exit.js'
import { requestDevice } from '../lib/compute/engine/webgpu/connect.js'
import { WebgpuEngine } from '../lib/compute/engine/webgpu/webgpu-engine.js'
import { factsOf } from '../lib/compute/engine/webgpu/plan/facts.js'
import { planOf } from '../lib/compute/engine/webgpu/plan/plan.js'
import { openTfjs } from '../lib/compute/engine/tfjs/open-tfjs.js'
import type { DeviceTensor, Engine } from '../lib/compute/engine/engine.js'
import type { Node } from '../lib/compute/program/node.js'
import { broadcast, scalar } from '../lib/compute/operation/index.js'
import { program } from '../lib/compute/program/program.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { topologicalOrder } from '../lib/compute/program/traverse.js'
import { cacheNames } from '../lib/model/program/generate.js'
import { type ModelProgram, modelPrograms } from '../lib/policy/local/model-programs.js'
import type { Bench, Cell } from './bench.js'
import { median } from './measure.js'
import { type BenchModel, L, S, SMOLLM2 } from './models.js'
import { memoryTable } from './plan-memory.js'
import { withSmallBuffers } from './small-buffers.js'

/** Program of a row. */
interface Case extends ModelProgram {
  readonly model: string
  readonly name: string
  /** Inputs whose memory a run may take over. */
  readonly donated: readonly string[]
}

const DECODED = { rows: 256, length: 64 }

const casesOf = ({ name: model, config, rows, length }: BenchModel): readonly Case[] => {
  const trained = modelPrograms(config, { rows, length })
  const sampled = modelPrograms(config, DECODED)
  return [
    { model, name: 'train', ...trained.train(), donated: [] },
    { model, name: 'adamw', ...trained.adamw(), donated: [] },
    { model, name: `decode of ${DECODED.rows} rows`, ...sampled.decode(), donated: cacheNames(config) },
  ]
}

export const planBench: Bench = async function* ({ engine }) {
  const heading = ['model', 'program', 'nodes', 'dispatches']
  const times = ['best host ms', 'median host ms']
  if (engine === undefined || engine === 'webgpu') {
    const rows: Cell[][] = []
    for (const model of [S, L, SMOLLM2]) for (const each of casesOf(model)) rows.push(await ownRow(each))
    yield {
      title: 'Plans of the engine webgpu',
      heading: [...heading, 'pipelines', 'bytes in', 'bytes out', 'arena MB', 'of bound', ...times],
      rows,
    }
    yield memoryTable()
  }
  if (engine === undefined || engine === 'tfjs-webgpu')
    yield { title: 'The same programs on tfjs-webgpu', heading: [...heading, ...times], rows: await tfjsRows() }
}

const ownRow = async (each: Case): Promise<Cell[]> => {
  const { nodes, kernels, pipelines, bytesIn, bytesOut, arena } = factsOf(planOf(each.program), each.isResident)
  const { device, name } = await requestDevice({ dawnFlags: NULL_BACKEND })
  const times = await timeRuns(new WebgpuEngine(withSmallBuffers(device), name), each, 40)
  return [
    ...[each.model, each.name, nodes, kernels.length, pipelines, bytesIn, bytesOut],
    ...[arena.bytes / 1e6, arena.bytes / Math.max(1, arena.bound)],
    ...[Math.min(...times), median(times)],
  ]
}

/** Options of Dawn with which nothing is computed. */
const NULL_BACKEND = ['backend=null']

/** Rows of TensorFlow.js; one row with the reason if it does not run. */
const tfjsRows = async (): Promise<Cell[][]> => {
  const rows: Cell[][] = []
  for (const each of casesOf(S)) {
    const head = [each.model, each.name, topologicalOrder(each.program).length]
    try {
      // TensorFlow.js opens a device of its own, with the options of the first request of this process.
      const { device } = await requestDevice({ dawnFlags: NULL_BACKEND })
      device.destroy()
      const dispatches = countDispatches()
      const times = await timeRuns(await openTfjs('webgpu'), each, 8, dispatches.restart)
      rows.push([...head, dispatches.stop() / times.length, Math.min(...times), median(times)])
    } catch (error) {
      rows.push([...head, `does not run: ${explain(error)}`, '–', '–'])
    }
  }
  return rows
}

/** Class of the encoders that receive dispatches. Dawn puts it among the globals, as a browser does. */
interface PassEncoders {
  readonly GPUComputePassEncoder: { readonly prototype: { dispatchWorkgroups: (...sizes: number[]) => void } }
}

/** Counts the dispatches of every device in this process, until `stop` returns their number since `restart`. */
const countDispatches = (): { readonly restart: () => void; readonly stop: () => number } => {
  const { prototype } = (globalThis as unknown as PassEncoders).GPUComputePassEncoder
  const dispatch = prototype.dispatchWorkgroups
  let count = 0
  prototype.dispatchWorkgroups = function (...sizes) {
    count++
    dispatch.apply(this, sizes)
  }
  return {
    restart: () => (count = 0),
    stop: () => {
      prototype.dispatchWorkgroups = dispatch
      return count
    },
  }
}

/**
 * Times runs of a program, after as many that warm up. Then it closes the engine. `onWarm` is called between the two.
 *
 * @units ms
 */
const timeRuns = async (
  engine: Engine,
  { program: measured, isResident, donated }: Case,
  count: number,
  onWarm?: () => void,
): Promise<readonly number[]> => {
  try {
    const executable = await engine.compile(measured)
    const inputs = [...measured.inputs]
    const host = Object.fromEntries(
      inputs.flatMap(([name, node]) => (isResident(name) ? [] : [[name, zeros(node)] as const])),
    )
    const kept = await residents(
      engine,
      inputs.filter(([name]) => isResident(name)),
    )
    const times: number[] = []
    for (let run = 0; run < 2 * count; run++) {
      if (run === count) onWarm?.()
      const feed = { ...host, ...kept }
      const start = performance.now()
      const { device } = await executable.run(feed, [], donated)
      if (run >= count) times.push(performance.now() - start)
      // Results that are inputs of the next run take their place, as in training and generation.
      for (const [name, tensor] of Object.entries(device)) {
        if (!(name in kept)) tensor.dispose()
        else {
          if (!donated.includes(name)) kept[name]!.dispose()
          kept[name] = tensor
        }
      }
    }
    return times
  } finally {
    await engine.close()
  }
}

/** Makes tensors as a program leaves them: the outputs of one run lie together in GPU memory. */
const residents = async (
  engine: Engine,
  values: readonly (readonly [string, Node])[],
): Promise<Record<string, DeviceTensor>> => {
  const zero = scalar(0)
  const outputs = values.map(([name, { shape }]) => [name, broadcast(zero, shape)] as const)
  const executable = await engine.compile(program('residents', Object.fromEntries(outputs)))
  return { ...(await executable.run({})).device }
}

const zeros = ({ shape, dtype }: Node) => ({
  shape,
  data: dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape)),
})
