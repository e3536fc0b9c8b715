import type { Fused } from '../../operation/operation.js'
import type { Node, Primitive } from '../../program/node.js'
import type { OnnxProvider } from '../engines.js'
import type { GraphBuilder } from './graph.js'
import { matmul } from './matmul.js'
import { ElementType } from './model-proto.js'
import { operands } from './operands.js'
import { quantizedMatmul } from './quantized-matmul.js'
import { inverseRms, rmsNorm } from './rms-norm.js'
import { rope } from './rope.js'
import { scatterAdd } from './scatter-add.js'
import { select } from './select.js'
import { writeCache } from './write-cache.js'

/** Appends what computes a node and names the result; `inputs` are the values of the node's own inputs, at most three. */
export type Lowering<K extends Primitive> = (
  node: Node<K>,
  graph: GraphBuilder,
  inputs: Inputs,
  provider: OnnxProvider,
) => string

type Inputs = readonly [string, string, string]

const unary =
  (opType: string): Lowering<Primitive> =>
  (_, graph, [x]) =>
    graph.emit(opType, [x])

const binary =
  (opType: string): Lowering<Primitive> =>
  (node, graph) =>
    graph.emit(opType, operands(node).map(graph.valueOf))

const comparison =
  (opType: string): Lowering<Primitive> =>
  (node, graph) =>
    graph.mask(node, graph.emit(opType, operands(node).map(graph.valueOf)))

const reduction =
  (opType: string): Lowering<'sum' | 'max'> =>
  ({ attributes: { axes, keepDims } }, graph, [x]) =>
    // ONNX reads "no axes" as "all of them".
    axes.length === 0 ? x : graph.emit(opType, [x, graph.integers(axes)], { keepdims: Number(keepDims) })

const highest = reduction('ReduceMax')
const lowest = reduction('ReduceMin')

/** On CUDA it starts from the lowest finite number, and finds that where there is nothing but -Infinity. */
const max: Lowering<'max'> = (node, graph, inputs, provider) => {
  const found = highest(node, graph, inputs, provider)
  if (provider !== 'cuda' || node.dtype !== 'float32') return found
  const bottom = graph.constant(Float32Array.of(-Infinity), [])
  const there = graph.emit('Cast', [graph.emit('Equal', [inputs[0], bottom])], { to: ElementType.float32 })
  const everywhere = graph.emit('Cast', [lowest(node, graph, [there, '', ''], provider)], { to: ElementType.bool })
  return graph.emit('Where', [everywhere, bottom, found])
}

/** What ONNX has nothing better for than the operations that it is composed of. */
type SpelledOut = 'swiglu' | 'causalAttention' | 'cachedAttention' | 'tokenStatistics'

/** One row per primitive: how ONNX (operator set 18) says it. */
const lowerings: { readonly [K in Exclude<Primitive, SpelledOut>]: Lowering<K> } = {
  input: ({ attributes }) => attributes.name,
  constant: ({ attributes, shape }, graph) => graph.constant(attributes.data, shape),

  neg: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  sigmoid: unary('Sigmoid'),

  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('Div'),
  maximum: binary('Max'),
  minimum: binary('Min'),
  less: comparison('Less'),
  equal: comparison('Equal'),
  select,

  sum: reduction('ReduceSum'),
  max,
  softmax: (_, graph, [x]) => graph.emit('Softmax', [x], { axis: -1 }),
  matmul,

  reshape: (node, graph, [x]) => graph.reshape(x, node.shape),
  transpose: ({ attributes }, graph, [x]) => graph.emit('Transpose', [x], { perm: attributes.permutation }),
  broadcast: (node, graph, [x]) => graph.emit('Expand', [x, graph.integers(node.shape)]),
  slice: ({ attributes: { starts, sizes } }, graph, [x]) =>
    graph.emit('Slice', [x, graph.integers(starts), graph.integers(starts.map((start, axis) => start + sizes[axis]!))]),
  concat: ({ attributes, inputs }, graph) => graph.emit('Concat', inputs.map(graph.valueOf), { axis: attributes.axis }),
  pad: ({ attributes: { before, after } }, graph, [x]) => graph.emit('Pad', [x, graph.integers([...before, ...after])]),

  gather: (_, graph, [table, ids]) => graph.emit('Gather', [table, ids], { axis: 0 }),
  scatterAdd,
  oneHot: ({ attributes: { depth }, inputs }, graph, [ids]) => {
    const column = graph.reshape(ids, [...inputs[0]!.shape, 1])
    const row = graph.constant(
      Int32Array.from({ length: depth }, (_, id) => id),
      [depth],
    )
    return graph.emit('Cast', [graph.emit('Equal', [column, row])], { to: ElementType.float32 })
  },

  rmsNorm,
  inverseRms,
  rope,
  writeCache,
  quantizedMatmul,

  cast: ({ dtype }, graph, [x]) => graph.emit('Cast', [x], { to: ElementType[dtype] }),
  stopGradient: (_, __, [x]) => x,
}

/** Computes a node whose inputs are defined, and defines it. */
export const lowerNode = (node: Node, graph: GraphBuilder, provider: OnnxProvider): void => {
  const lowering = lowerings[node.op as keyof typeof lowerings] as Lowering<Primitive>
  graph.define(node, lowering(node, graph, node.inputs.map(graph.valueOf) as unknown as Inputs, provider))
}

/** On WebGPU the second result of SimplifiedLayerNormalization is not the inverse; MatMulIntegerToFloat is the CPU's alone. */
const cpuOnly: ReadonlySet<Fused> = new Set(['inverseRms', 'quantizedMatmul'])

/** Which fused operations the provider has an operator for; the others are spelled out first. */
export const keptBy =
  (provider: OnnxProvider) =>
  (node: Node<Fused>): boolean =>
    node.op in lowerings && (provider === 'cpu' || !cpuOnly.has(node.op))
