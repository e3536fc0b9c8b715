import { engine, type NamedAttrMap, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core'
import type { Node, Primitive, Shape } from '../../program/node.js'
import { sameShape } from '../../program/shape.js'

/** Function that computes a node from its inputs, and frees its intermediate results before it returns. */
export type Kernel<K extends Primitive, Operands extends readonly Tensor[] = readonly [Tensor, Tensor, Tensor]> = (
  node: Node<K>,
  inputs: Operands,
) => Tensor

/**
 * Runs a kernel of the current backend. The public functions of TensorFlow.js end in the same call, after argument
 * checks that take as long as a small kernel.
 */
export const run = (kernel: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}): Tensor =>
  engine().runKernel(kernel, inputs, attributes)

/** Returns a tensor with another shape; the tensor itself if it has that shape. */
export const reshapeTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : run('Reshape', { x }, { shape: [...shape] })
