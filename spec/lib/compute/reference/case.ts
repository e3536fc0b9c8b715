import { gradient } from '#lib/compute/gradient.js'
import { constant, input, mul, scalar, sum } from '#lib/compute/operation/index.js'
import { dtypeOfElements } from '#lib/compute/program/elements.js'
import type { Elements, HostTensor, Node, Program, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { sizeOf } from './tensor.js'

/** A program and what it is fed: every engine must agree with the interpreter on it. */
export interface Case {
  readonly name: string
  readonly program: Program
  readonly feed: Readonly<Record<string, HostTensor>>
}

/** Makes inputs and, at the same time, what they are fed. */
export interface Source {
  readonly float: (shape: Shape, low?: number, high?: number) => Node
  readonly int: (shape: Shape, below: number) => Node
  /** With these numbers. */
  readonly given: (data: Elements, shape: Shape) => Node
}

/** Fixed numbers in [0, 1) without a pattern. */
export const noise = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453
    return x - Math.floor(x)
  })

/** The outputs as they are. */
export const plain = (name: string, build: (source: Source) => Record<string, Node>): Case => {
  const { source, feed } = recording()
  return { name, program: program(name, build(source)), feed }
}

/** The result, and the gradients of a weighted sum of it by every float input. */
export const differentiated = (name: string, build: (source: Source) => Node): Case => {
  const { source, feed, floats } = recording()
  const y = build(source)
  const outputs = Object.fromEntries(gradient(weighted(y), floats).map((g, i) => [`gradient${i}`, g]))
  return { name, program: program(name, { y, ...outputs }), feed }
}

/** A scalar to which every element contributes differently. */
export const weighted = (y: Node): Node => {
  const weights = constant(
    Float32Array.from(noise(sizeOf(y.shape), 99), (x) => x + 0.5),
    y.shape,
  )
  return y.dtype === 'int32'
    ? scalar(0)
    : sum(
        mul(y, weights),
        y.shape.map((_, axis) => axis),
      )
}

const recording = () => {
  const feed: Record<string, HostTensor> = {}
  const floats: Node[] = []
  const given = (data: Elements, shape: Shape): Node => {
    const name = `x${Object.keys(feed).length}`
    const node = input(name, shape, dtypeOfElements(data))
    feed[name] = { shape, data }
    if (node.dtype === 'float32') floats.push(node)
    return node
  }
  const drawn = (shape: Shape) => noise(sizeOf(shape), Object.keys(feed).length)
  const source: Source = {
    given,
    float: (shape, low = -2, high = 2) =>
      given(
        Float32Array.from(drawn(shape), (x) => low + x * (high - low)),
        shape,
      ),
    int: (shape, below) =>
      given(
        Int32Array.from(drawn(shape), (x) => Math.floor(x * below)),
        shape,
      ),
  }
  return { source, feed, floats }
}
