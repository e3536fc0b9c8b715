import { type NamedTensorMap, type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Computed, Elementary } from '../../operation/operation.js'
import type { DType, Node, Primitive, Shape } from '../../program/node.js'
import { broadcastTo } from './broadcast.js'
import { type Kernel, reshapeTo, run } from './kernel.js'
import { matmul } from './matmul.js'
import { pad } from './pad.js'
import { scatterAdd } from './scatter-add.js'
import { select } from './select.js'
import { fusedKernels } from './webgpu/kernels.js'

const unary =
  (kernel: string): Kernel<Primitive> =>
  (_, [x]) =>
    run(kernel, { x })

/**
 * Largest rank that TensorFlow broadcasts by itself. With six axes it refuses shapes in which every other axis repeats.
 */
const BROADCAST_RANK = 5

const binary =
  (kernel: string): Kernel<Primitive> =>
  ({ shape }, [a, b]) =>
    shape.length <= BROADCAST_RANK
      ? run(kernel, { a: withLeadingAxis(a, shape), b: withLeadingAxis(b, shape) })
      : tidy(() => run(kernel, { a: broadcastTo(a, shape), b: broadcastTo(b, shape) }))

/** Adds an axis to a vector: on WebGPU the kernel of a vector and a tensor of five axes does not compile. */
const withLeadingAxis = (x: Tensor, shape: Shape): Tensor =>
  x.rank === 1 && shape.length > 4 ? reshapeTo(x, [1, ...x.shape]) : x

const castTo = (x: Tensor, dtype: DType): Tensor => run('Cast', { x }, { dtype })

const comparison =
  (kernel: string): Kernel<Primitive> =>
  (node, inputs) =>
    tidy(() => castTo(binary(kernel)(node, inputs), 'float32'))

/** Kernel of every elementary operation. A missing row does not compile. */
const kernels = {
  neg: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  sigmoid: unary('Sigmoid'),

  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Multiply'),
  div: binary('RealDiv'),
  maximum: binary('Maximum'),
  minimum: binary('Minimum'),
  less: comparison('Less'),
  equal: comparison('Equal'),
  select,

  sum: ({ attributes: { axes, keepDims } }, [x]) => run('Sum', { x }, { axis: [...axes], keepDims }),
  max: ({ attributes: { axes, keepDims } }, [x]) => run('Max', { x }, { reductionIndices: [...axes], keepDims }),
  softmax: ({ shape }, [logits]) => run('Softmax', { logits }, { dim: shape.length - 1 }),
  matmul,

  reshape: ({ shape }, [x]) => run('Reshape', { x }, { shape: [...shape] }),
  transpose: ({ attributes }, [x]) => run('Transpose', { x }, { perm: [...attributes.permutation] }),
  broadcast: ({ shape }, [x]) => broadcastTo(x, shape),
  slice: ({ attributes: { starts, sizes } }, [x]) => run('Slice', { x }, { begin: [...starts], size: [...sizes] }),
  // The type asks for named inputs, but this kernel takes a list.
  concat: ({ attributes: { axis } }, inputs) => run('Concat', inputs as unknown as NamedTensorMap, { axis }),
  pad,

  gather: (_, [x, indices]) => run('GatherV2', { x, indices }, { axis: 0, batchDims: 0 }),
  scatterAdd,
  // With the type float32, the kernel of wasm writes the bits of the integer 1.
  oneHot: ({ attributes: { depth } }, [indices]) =>
    tidy(() => castTo(run('OneHot', { indices }, { dtype: 'int32', depth, onValue: 1, offValue: 0 }), 'float32')),

  cast: ({ dtype }, [x]) => castTo(x, dtype),
  stopGradient: unary('Identity'),
} satisfies { readonly [K in Elementary]: Kernel<K> }

const all = { ...kernels, ...fusedKernels }

/** Computes a node from its inputs. */
export const compute = (node: Node<Computed>, inputs: readonly Tensor[]): Tensor =>
  (all[node.op as keyof typeof all] as Kernel<Primitive, readonly Tensor[]>)(node, inputs)
