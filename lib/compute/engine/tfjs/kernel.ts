import { engine, type NamedAttrMap, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core'
import type { Node, Primitive, Shape } from '../../program/node.js'
import { sameShape } from '../../program/shape.js'

/** Computes a node from its inputs, mostly at most three. What it makes on the way is freed before it returns. */
export type Kernel<K extends Primitive, Operands extends readonly Tensor[] = readonly [Tensor, Tensor, Tensor]> = (
  node: Node<K>,
  inputs: Operands,
) => Tensor

/**
 * Runs a kernel of the current backend. TensorFlow.js's public functions come to this too, after checks of their
 * arguments that take as long as a small kernel does.
 */
export const run = (kernel: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}): Tensor =>
  engine().runKernel(kernel, inputs, attributes)

export const reshaped = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : run('Reshape', { x }, { shape: [...shape] })
