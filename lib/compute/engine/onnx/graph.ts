import { dtypeOfElements } from '../../program/elements.js'
import type { DType, Elements, Node, Shape } from '../../program/node.js'
import {
  AttributeType,
  ElementType,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './model-proto.js'

type Attributes = Readonly<Record<string, AttributeValue>>

/** Value of an attribute. A plain number becomes an integer; a float is wrapped in an object. */
type AttributeValue = number | readonly number[] | string | { readonly float: number }

/** Domain of the operators that ONNX Runtime adds to those of ONNX. */
export const CONTRIB = 'com.microsoft'

/** ONNX graph under construction. The builder makes a name for every value. */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = []
  readonly #tensors = new Map<string, TensorProto>()
  readonly #computed = new Set<string>()
  readonly #values = new Map<Node, string>()
  readonly #truths = new Map<Node, string>()
  readonly #remembered = new Map<string, string>()
  #names = 0

  /** Appends a node with one output. Returns the name of the output. */
  emit(opType: string, input: readonly string[], attributes: Attributes = {}, domain?: string): string {
    return this.emitAll(1, opType, input, attributes, domain)[0]!
  }

  /** Appends a node with several outputs. Returns the names of the outputs. */
  emitAll(
    outputs: number,
    opType: string,
    input: readonly string[],
    attributes: Attributes = {},
    domain = '',
  ): readonly string[] {
    const output = Array.from({ length: outputs }, () => this.#fresh(opType))
    const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value))
    for (const name of output) this.#computed.add(name)
    this.#nodes.push({ name: output[0]!, opType, domain, input, output, attribute })
    return output
  }

  /** Appends a node that reshapes a value. */
  reshape(x: string, shape: Shape): string {
    return this.emit('Reshape', [x, this.integers(shape)], { allowzero: 1 })
  }

  /** Adds a constant. Returns its name. */
  constant(data: Elements, dims: Shape): string {
    return this.#tensor(this.#fresh('constant'), dims, data, ElementType[dtypeOfElements(data)])
  }

  /** Adds a vector of int64, the type of shapes and axes in ONNX. Equal vectors are shared. */
  integers(values: readonly number[]): string {
    const name = `#[${values.join()}]`
    return this.#tensors.has(name)
      ? name
      : this.#tensor(name, [values.length], BigInt64Array.from(values, BigInt), ElementType.int64)
  }

  /** Returns the value of a node. @errors throws RangeError if the node was not lowered yet */
  readonly valueOf = (node: Node): string => {
    const value = this.#values.get(node)
    if (value === undefined) throw new RangeError(`${node.op} is used before it is lowered`)
    return value
  }

  /** Returns whether a value is the result of a node, and not an input or a constant. */
  computes(value: string): boolean {
    return this.#computed.has(value)
  }

  /** Sets the value of a node. */
  define(node: Node, value: string): void {
    this.#values.set(node, value)
  }

  /** Stores a second result of an operator under a key, for a later node that needs the same value. */
  remember(key: string, value: string): void {
    this.#remembered.set(key, value)
  }

  /** Returns the value that is stored under a key, or makes it and stores it. */
  once(key: string, make: () => string): string {
    const value = this.#remembered.get(key) ?? make()
    this.remember(key, value)
    return value
  }

  /** Casts the bool of a comparison to a float32 mask. Stores the bool for {@link truthOf}. */
  mask(node: Node, truth: string): string {
    this.#truths.set(node, truth)
    return this.emit('Cast', [truth], { to: ElementType.float32 })
  }

  /** Returns a mask as a bool: the bool that it was cast from, or a new cast. */
  truthOf(node: Node): string {
    return this.#truths.get(node) ?? this.emit('Cast', [this.valueOf(node)], { to: ElementType.bool })
  }

  /** Returns the nodes and constants that the outputs need, in an order in which they can run. */
  reachable(outputs: Iterable<string>): {
    readonly node: readonly NodeProto[]
    readonly initializer: readonly TensorProto[]
  } {
    const needed = new Set(outputs)
    const node = this.#nodes.toReversed().filter(({ output, input }) => {
      const isUsed = output.some((value) => needed.has(value))
      if (isUsed) input.forEach((value) => needed.add(value))
      return isUsed
    })
    return { node: node.reverse(), initializer: [...this.#tensors.values()].filter(({ name }) => needed.has(name)) }
  }

  #tensor(name: string, dims: Shape, data: Elements | BigInt64Array, dataType: number): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.#tensors.set(name, { name, dims, dataType, rawData })
    return name
  }

  /** Makes a new name. It begins with `#`, so that it cannot be the name of an input of the program. */
  #fresh(label: string): string {
    return `#${this.#names++} ${label}`
  }
}

/** Returns the declaration of an input or output of a graph. */
export const valueInfo = (name: string, dtype: DType, shape: Shape): ValueInfoProto => ({
  name,
  type: { tensorType: { elemType: ElementType[dtype], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
})

const attributeProto = (name: string, value: AttributeValue): AttributeProto => {
  if (typeof value === 'number') return { name, type: AttributeType.int, i: value }
  if (typeof value === 'object' && 'float' in value) return { name, type: AttributeType.float, f: value.float }
  if (typeof value === 'string') return { name, type: AttributeType.string, s: new TextEncoder().encode(value) }
  return { name, type: AttributeType.ints, ints: value }
}
