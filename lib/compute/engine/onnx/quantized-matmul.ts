import type { Node } from '../../program/node.js'
import { CONTRIB, type GraphBuilder } from './graph.js'
import { ElementType } from './model-proto.js'

/** Number of steps on either side of zero that a row is rounded to, and the byte that stands for zero. */
const STEPS = 127
const ZERO = 128

/** Divisor of a row of zeros. */
const SMALLEST = 1e-30

/**
 * Translates a quantized product to a product of bytes. Each row of x is divided by its largest magnitude and rounded
 * to 127 steps on either side of zero. All products of the same x share the rounded rows. DynamicQuantizeMatMul is not
 * used, because it rounds all rows with one scale, and again for each product.
 */
export const quantizedMatmul = (
  _: Node<'quantizedMatmul'>,
  graph: GraphBuilder,
  [x, weight, scale]: readonly [string, string, string],
): string => {
  const number = (value: number) => graph.once(`the number ${value}`, () => graph.constant(Float32Array.of(value), []))
  const step = number(1 / STEPS)
  const zero = graph.once('the byte of zero', () =>
    graph.emit('Cast', [graph.constant(Int32Array.of(ZERO), [])], { to: ElementType.uint8 }),
  )
  const largest = graph.once(`largest of each row of ${x}`, () => {
    const sizes = graph.emit('ReduceMax', [graph.emit('Abs', [x]), graph.integers([1])], { keepdims: 1 })
    return graph.emit('Max', [sizes, number(SMALLEST)])
  })
  const bytes = graph.once(`${x} in bytes`, () =>
    graph.emit('QuantizeLinear', [graph.emit('Div', [x, largest]), step, zero]),
  )
  const product = graph.emit('MatMulIntegerToFloat', [bytes, weight, step, scale, zero], {}, CONTRIB)
  return graph.emit('Mul', [product, largest])
}
