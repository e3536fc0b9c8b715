import { type NamedTensorMap, type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Computed, Elementary } from '../../operation/operation.js'
import type { DType, Node, Primitive, Shape } from '../../program/node.js'
import { broadcastTo } from './broadcast.js'
import { type Kernel, reshaped, run } from './kernel.js'
import { matmul } from './matmul.js'
import { pad } from './pad.js'
import { scatterAdd } from './scatter-add.js'
import { select } from './select.js'
import { fusedKernels } from './webgpu/kernels.js'

const unary =
  (kernel: string): Kernel<Primitive> =>
  (_, [x]) =>
    run(kernel, { x })

/** TensorFlow broadcasts up to five axes by itself; of six it refuses shapes where every other axis repeats. */
const BROADCAST_RANK = 5

const binary =
  (kernel: string): Kernel<Primitive> =>
  ({ shape }, [a, b]) =>
    shape.length <= BROADCAST_RANK
      ? run(kernel, { a: matched(a, shape), b: matched(b, shape) })
      : tidy(() => run(kernel, { a: broadcastTo(a, shape), b: broadcastTo(b, shape) }))

/** On WebGPU, a vector beside a tensor of five axes makes a kernel that does not compile. */
const matched = (x: Tensor, shape: Shape): Tensor =>
  x.rank === 1 && shape.length > 4 ? reshaped(x, [1, ...x.shape]) : x

const castTo = (x: Tensor, dtype: DType): Tensor => run('Cast', { x }, { dtype })

const comparison =
  (kernel: string): Kernel<Primitive> =>
  (node, inputs) =>
    tidy(() => castTo(binary(kernel)(node, inputs), 'float32'))

/** One row per elementary operation. */
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
  // This kernel takes a list, where the type knows only names.
  concat: ({ attributes: { axis } }, inputs) => run('Concat', inputs as unknown as NamedTensorMap, { axis }),
  pad,

  gather: (_, [x, indices]) => run('GatherV2', { x, indices }, { axis: 0, batchDims: 0 }),
  scatterAdd,
  // As float32, wasm would write the bits of the integer 1.
  oneHot: ({ attributes: { depth } }, [indices]) =>
    tidy(() => castTo(run('OneHot', { indices }, { dtype: 'int32', depth, onValue: 1, offValue: 0 }), 'float32')),

  cast: ({ dtype }, [x]) => castTo(x, dtype),
  stopGradient: unary('Identity'),
} satisfies { readonly [K in Elementary]: Kernel<K> }

const all = { ...kernels, ...fusedKernels }

/** Computes a node from the values of its inputs. */
export const compute = (node: Node<Computed>, inputs: readonly Tensor[]): Tensor =>
  (all[node.op as keyof typeof all] as Kernel<Primitive, readonly Tensor[]>)(node, inputs)
