import type { Node, Program } from '../../program/node.js'
import { program } from '../../program/program.js'
import { topologicalOrder } from '../../program/traverse.js'
import { compose } from '../../compose.js'
import type { OnnxProvider } from '../engines.js'
import { CONTRIB, GraphBuilder, valueInfo } from './graph.js'
import { hasOperator, lowerNode } from './lowering.js'
import { encodeModel, type ModelProto } from './model-proto.js'
import { type Write, writeOf } from './write-cache.js'

const OPERATOR_SET = 18
const IR_VERSION = 8

/** Program as an ONNX model. Its inputs keep their names. */
export interface Lowered {
  /** Bytes of the model. */
  readonly model: Uint8Array
  /** Inputs of the program that the graph reads. */
  readonly inputs: ReadonlySet<string>
  /** Name in the graph of each output of the program. */
  readonly outputs: ReadonlyMap<string, string>
  /** Caches that are written outside the graph, by the output that they are. The graph returns only the new entries. */
  readonly writes: ReadonlyMap<string, Write>
}

/**
 * Returns whether the results of a provider stay in the memory of its device. The binding of ONNX Runtime has buffers on
 * the device for WebGPU only; with any other provider a run copies its outputs to the host.
 */
export const staysOnDevice = (provider: OnnxProvider): boolean => provider === 'webgpu'

/** Encodes a graph as a model. */
export const encodeGraph = (graph: ModelProto['graph']): Uint8Array =>
  encodeModel({
    irVersion: IR_VERSION,
    producerName: 'entrain',
    opsetImport: [
      { domain: '', version: OPERATOR_SET },
      { domain: CONTRIB, version: 1 },
    ],
    graph,
  })

/** Translates a program to ONNX. */
export const lower = (whole: Program, provider: OnnxProvider = 'cpu'): Lowered => {
  const writes = staysOnDevice(provider) ? new Map<string, Write>() : writesOf(whole.outputs)
  const returned = [...whole.outputs].map(([name, node]) => [name, writes.get(name)?.entry ?? node] as const)
  const inGraph = compose(program(whole.name, Object.fromEntries(returned)), hasOperator(provider))
  const graph = new GraphBuilder()
  for (const node of topologicalOrder(inGraph)) lowerNode(node, graph, provider)
  const outputs = exportOutputs(inGraph, graph)
  const model = encodeGraph({
    name: whole.name,
    ...graph.reachable(outputs.values()),
    input: [...inGraph.inputs].map(([name, { dtype, shape }]) => valueInfo(name, dtype, shape)),
    output: [...inGraph.outputs].map(([name, { dtype, shape }]) => valueInfo(outputs.get(name)!, dtype, shape)),
  })
  return { model, inputs: new Set(inGraph.inputs.keys()), outputs, writes }
}

const writesOf = (outputs: ReadonlyMap<string, Node>): ReadonlyMap<string, Write> =>
  new Map(
    [...outputs].flatMap(([name, node]) => {
      const write = writeOf(node)
      return write === undefined ? [] : [[name, write] as const]
    }),
  )

/**
 * Names the outputs of the graph. In ONNX an output must be the result of a node and must be listed once, so an input,
 * a constant, or a value that is returned twice passes through Identity.
 */
const exportOutputs = (program: Program, graph: GraphBuilder): ReadonlyMap<string, string> => {
  const exported = new Set<string>()
  const exportOnce = (value: string) => {
    const direct = graph.computes(value) && !exported.has(value)
    exported.add(value)
    return direct ? value : graph.emit('Identity', [value])
  }
  return new Map([...program.outputs].map(([name, node]) => [name, exportOnce(graph.valueOf(node))]))
}
