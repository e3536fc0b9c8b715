import type { Program } from '../../program/node.js'
import { topologicalOrder } from '../../program/traverse.js'
import { GraphBuilder, valueInfo } from './graph.js'
import { lowerNode } from './lowering.js'
import { encodeModel } from './model-proto.js'

const OPERATOR_SET = 18
const IR_VERSION = 8

/** A program as ONNX says it. Its inputs keep their names. */
export interface Lowered {
  readonly model: Uint8Array
  /** Name in the graph of each output of the program. */
  readonly outputs: ReadonlyMap<string, string>
}

export const lower = (program: Program): Lowered => {
  const graph = new GraphBuilder()
  for (const node of topologicalOrder(program)) lowerNode(node, graph)
  const outputs = exportOutputs(program, graph)
  const model = encodeModel({
    irVersion: IR_VERSION,
    producerName: 'entrain',
    opsetImport: [{ domain: '', version: OPERATOR_SET }],
    graph: {
      name: program.name,
      ...graph.reachable(outputs.values()),
      input: [...program.inputs].map(([name, { dtype, shape }]) => valueInfo(name, dtype, shape)),
      output: [...program.outputs].map(([name, { dtype, shape }]) => valueInfo(outputs.get(name)!, dtype, shape)),
    },
  })
  return { model, outputs }
}

/** ONNX wants every output computed, and once: an input, a constant, or a value returned twice passes through Identity. */
const exportOutputs = (program: Program, graph: GraphBuilder): ReadonlyMap<string, string> => {
  const exported = new Set<string>()
  const exportOnce = (value: string) => {
    const direct = graph.computes(value) && !exported.has(value)
    exported.add(value)
    return direct ? value : graph.emit('Identity', [value])
  }
  return new Map([...program.outputs].map(([name, node]) => [name, exportOnce(graph.valueOf(node))]))
}
