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

/**
 * Appends the operators that compute a node. Returns the name of the result. `inputs` are the first three inputs of the
 * node.
 */
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
    // In ONNX an empty list of axes means all axes.
    axes.length === 0 ? x : graph.emit(opType, [x, graph.integers(axes)], { keepdims: Number(keepDims) })

const reduceMax = reduction('ReduceMax')
const reduceMin = reduction('ReduceMin')

/**
 * On CUDA, ReduceMax starts from the lowest finite number, so it returns that number for elements that are all
 * -Infinity. There, the result is replaced by -Infinity.
 */
const max: Lowering<'max'> = (node, graph, inputs, provider) => {
  const found = reduceMax(node, graph, inputs, provider)
  if (provider !== 'cuda' || node.dtype !== 'float32') return found
  const bottom = graph.constant(Float32Array.of(-Infinity), [])
  const isBottom = graph.emit('Cast', [graph.emit('Equal', [inputs[0], bottom])], { to: ElementType.float32 })
  const areAll = graph.emit('Cast', [reduceMin(node, graph, [isBottom, '', ''], provider)], { to: ElementType.bool })
  return graph.emit('Where', [areAll, bottom, found])
}

/** Fused operations without an operator in ONNX: they are replaced by their elementary operations. */
type Composed = 'swiglu' | 'causalAttention' | 'cachedAttention' | 'tokenStatistics'

/** Translation of every primitive to operators of ONNX (operator set 18). A missing row does not compile. */
const lowerings: { readonly [K in Exclude<Primitive, Composed>]: Lowering<K> } = {
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

/** Translates a node whose inputs have been translated, and defines its value. */
export const lowerNode = (node: Node, graph: GraphBuilder, provider: OnnxProvider): void => {
  const lowering = lowerings[node.op as keyof typeof lowerings] as Lowering<Primitive>
  graph.define(node, lowering(node, graph, node.inputs.map(graph.valueOf) as unknown as Inputs, provider))
}

/**
 * Fused operations that a provider runs in composed form. On WebGPU the second result of SimplifiedLayerNormalization is
 * not the inverse, and only the CPU provider has MatMulIntegerToFloat. Caches that stay on the GPU are written by an
 * elementwise select, because a program has no other way to write into one there.
 */
const composedOn: Readonly<Record<OnnxProvider, ReadonlySet<Fused>>> = {
  cpu: new Set(),
  cuda: new Set<Fused>(['inverseRms', 'quantizedMatmul']),
  webgpu: new Set<Fused>(['inverseRms', 'quantizedMatmul', 'writeCache']),
}

/**
 * Returns whether a provider has an operator for a fused operation. The others are composed of elementary operations.
 */
export const hasOperator =
  (provider: OnnxProvider) =>
  (node: Node<Fused>): boolean =>
    node.op in lowerings && !composedOn[provider].has(node.op)
