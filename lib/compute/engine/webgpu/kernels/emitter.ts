import { PipelineError } from '../../../../pipeline-error.js'
import type { DType, NarrowFormat, Node } from '../../../program/node.js'
import { isOp } from '../../../program/node.js'
import { isNarrow } from '../plan/narrow-inputs.js'
import type { Bindings } from './bindings.js'
import { formulas } from './formulas.js'
import { literalOf } from './literal.js'
import { delinearise, linearise, plus, type Position, position, remainder, reshapePosition } from './position.js'

/** WGSL type of a value. */
export const typeOf = (dtype: DType): string => (dtype === 'float32' ? 'f32' : 'i32')

/** Returns whether a value is in memory when a kernel runs. */
export type IsStored = (node: Node) => boolean

/** Code of one block and the names that are visible in it. */
interface Scope {
  readonly lines: string[]
  /** Name of each expression that is computed already. */
  readonly names: Map<string, string>
}

/**
 * Writes the code that computes an element of a node from stored values. A view changes the position, an elementwise
 * operation combines the elements of its operands, and a stored value is loaded. In this way a chain of operations becomes
 * one expression, and no view needs memory.
 */
export class Emitter {
  readonly #scopes: Scope[] = [{ lines: [], names: new Map() }]

  /**
   * @param isStored returns whether a value is in memory when the kernel runs
   * @param registers values that the kernel holds in variables, at the position that it computes
   */
  constructor(
    private readonly bindings: Bindings,
    private readonly isStored: IsStored,
    readonly registers: Map<Node, string> = new Map(),
  ) {}

  /** Lines of the code so far. */
  get code(): string {
    return this.#scopes[0]!.lines.join('\n')
  }

  line(text: string): void {
    this.#scopes.at(-1)!.lines.push(text)
  }

  /** Names an expression, and returns the name that an equal expression has already. */
  readonly declare = (expression: string): string => {
    for (const { names } of this.#scopes) {
      const known = names.get(expression)
      if (known !== undefined) return known
    }
    const name = this.bindings.name()
    const { lines, names } = this.#scopes.at(-1)!
    lines.push(`let ${name} = ${expression};`)
    names.set(expression, name)
    return name
  }

  /** Writes a block. Names that are declared inside it are not visible after it. */
  block(head: string, body: () => void): void {
    const scope: Scope = { lines: [], names: new Map() }
    this.#scopes.push(scope)
    body()
    this.#scopes.pop()
    this.line(`${head} {\n${scope.lines.join('\n')}\n}`)
  }

  flat(at: Position): string {
    if (at.flat !== undefined) return at.flat
    const number = linearise(at.coordinates!, at.shape)
    return /^\w+$/.test(number) ? number : this.declare(number)
  }

  coordinates(at: Position): readonly string[] {
    return at.coordinates ?? delinearise(at.flat!, at.shape, this.declare)
  }

  /** Returns the code of an element of a node: a variable or a literal. */
  value(node: Node, at: Position): string {
    const register = this.registers.get(node)
    if (register !== undefined) return register
    const literal = literalOf(node)
    if (literal !== null) return literal(() => this.coordinates(at))
    return this.isStored(node) ? this.#load(node, at) : this.compute(node, at)
  }

  /** Returns the code of an element of a node, computed from its inputs. */
  compute(node: Node, at: Position): string {
    const formula = formulas[node.op]
    if (formula !== undefined) {
      const operands = node.inputs.map((input) => this.value(input, this.#broadcast(at, input)))
      // A formula of literals alone is evaluated by the compiler, which refuses an infinite result.
      const isConstant = operands.every((operand) => !/^v\d/.test(operand))
      const [a, b, c] = operands
      return this.declare(formula(isConstant ? this.declare(a!) : a!, b!, c!))
    }
    const [x] = node.inputs as [Node]
    if (isOp(node, 'reshape')) {
      const direct = this.isStored(x) || this.registers.has(x)
      return this.value(
        x,
        direct ? { shape: x.shape, flat: this.flat(at) } : reshapePosition(at, x.shape, this.declare),
      )
    }
    if (isOp(node, 'broadcast')) return this.value(x, this.#broadcast(at, x))
    if (isOp(node, 'stopGradient')) return this.value(x, at)
    if (isOp(node, 'cast'))
      return x.dtype === 'float32' || node.dtype === 'float32'
        ? this.declare(`${typeOf(node.dtype)}(${this.value(x, at)})`)
        : this.value(x, at)
    const coordinates = this.coordinates(at)
    if (isOp(node, 'transpose')) {
      const inner = x.shape.map(() => '0')
      node.attributes.permutation.forEach((axis, i) => (inner[axis] = coordinates[i]!))
      return this.value(x, position(x.shape, inner))
    }
    if (isOp(node, 'slice')) return this.value(x, this.#shifted(x, coordinates, node.attributes.starts))
    if (isOp(node, 'pad')) return this.#pad(node, coordinates)
    if (isOp(node, 'concat')) return this.#concat(node, coordinates)
    if (isOp(node, 'gather')) return this.#gather(node, coordinates)
    if (isOp(node, 'oneHot')) {
      const id = this.value(x, position(x.shape, coordinates.slice(0, -1)))
      return this.declare(`select(0f, 1f, ${id} == ${coordinates.at(-1)!})`)
    }
    if (isOp(node, 'rope')) return this.#rope(node, coordinates)
    throw new PipelineError('BrokenInvariant', `${node.op} is not stored, and it has no formula`)
  }

  #load(node: Node, at: Position): string {
    const buffer = this.bindings.read(node)
    const index = this.flat(at)
    if (isNarrow(node)) return this.#widened(node.attributes.narrow, `${buffer}[${index} / 2]`, index)
    if (node.dtype !== 'int8') return this.declare(`${buffer}[${index}]`)
    return this.declare(`extractBits(bitcast<i32>(${buffer}[${index} / 4]), u32(${index} % 4 * 8), 8u)`)
  }

  /** Widens one of the two numbers in a word, exactly: float16 below its smallest normal number is a multiple of 2^-24. */
  #widened(format: NarrowFormat, word: string, index: string): string {
    const bits = this.declare(`extractBits(${word}, u32(${index} % 2 * 16), 16u)`)
    if (format === 'bfloat16') return this.declare(`bitcast<f32>(${bits} << 16u)`)
    const magnitude = this.declare(`${bits} & 0x7fffu`)
    const exponent = `select(0x38000000u, 0x70000000u, ${magnitude} >= 0x7c00u)`
    const normal = `bitcast<f32>((${magnitude} << 13u) + ${exponent})`
    const value = this.declare(`select(${normal}, f32(${magnitude}) * ${2 ** -24}f, ${magnitude} < 0x400u)`)
    return this.declare(`select(${value}, -${value}, ${bits} > 0x7fffu)`)
  }

  #broadcast(at: Position, { shape }: Node): Position {
    if (shape.length === at.shape.length && shape.every((size, i) => size === at.shape[i])) return at
    if (shape.every((size) => size === 1)) return { shape, flat: '0', coordinates: shape.map(() => '0') }
    const own = this.coordinates(at).slice(at.shape.length - shape.length)
    return position(
      shape,
      shape.map((size, i) => (size === 1 ? '0' : own[i]!)),
    )
  }

  #shifted(x: Node, coordinates: readonly string[], starts: readonly number[]): Position {
    return position(
      x.shape,
      coordinates.map((c, i) => this.#named(starts[i]! < 0 ? `(${c} - ${-starts[i]!})` : plus(c, String(starts[i]!)))),
    )
  }

  #named(expression: string): string {
    return /^\w+$/.test(expression) ? expression : this.declare(expression)
  }

  #pad({ inputs: [x], attributes: { before }, shape, dtype }: Node<'pad'>, coordinates: readonly string[]): string {
    const inner = x!.shape
    const conditions = inner.flatMap((size, i) => [
      ...(before[i]! > 0 ? [`${coordinates[i]!} >= ${before[i]!}`] : []),
      ...(before[i]! + size < shape[i]! ? [`${coordinates[i]!} < ${before[i]! + size}`] : []),
    ])
    return this.#chosen(dtype, [
      [
        conditions.join(' && '),
        () =>
          this.value(
            x!,
            this.#shifted(
              x!,
              coordinates,
              before.map((n) => -n),
            ),
          ),
      ],
    ])
  }

  #concat({ inputs, attributes: { axis }, dtype, shape }: Node<'concat'>, coordinates: readonly string[]): string {
    let end = 0
    const branches = inputs.map((part): readonly [string, () => string] => {
      const start = end
      end += part.shape[axis]!
      const starts = shape.map((_, i) => (i === axis ? -start : 0))
      return [`${coordinates[axis]!} < ${end}`, () => this.value(part, this.#shifted(part, coordinates, starts))]
    })
    return this.#chosen(dtype, branches)
  }

  /** Writes a chain of conditions, the first of which that holds gives the value; 0 if none does. */
  #chosen(dtype: DType, branches: readonly (readonly [string, () => string])[]): string {
    const name = this.bindings.name()
    // Without an initial value, Dawn sets a variable to 0 once, and not again in every pass of a loop around it.
    this.line(`var ${name} = ${typeOf(dtype)}(0);`)
    const write = (i: number): void => {
      const [condition, value] = branches[i]!
      this.block(`if (${condition})`, () => this.line(`${name} = ${value()};`))
      if (i + 1 < branches.length) this.block('else', () => write(i + 1))
    }
    write(0)
    return name
  }

  #gather({ inputs: [table, ids] }: Node<'gather'>, coordinates: readonly string[]): string {
    const rank = ids!.shape.length
    const id = this.value(ids!, position(ids!.shape, coordinates.slice(0, rank)))
    return this.value(table!, position(table!.shape, [id, ...coordinates.slice(rank)]))
  }

  #rope({ inputs, shape }: Node<'rope'>, [b, h, t, i]: readonly string[]): string {
    const [x, positions, cosine, sine] = inputs as [Node, Node, Node, Node]
    const half = shape[3]! / 2
    const place = this.value(positions, position(positions.shape, [positions.shape[0] === 1 ? '0' : b!, t!]))
    const pair = this.declare(remainder(i!, half))
    const other = this.declare(remainder(`(${i!} + ${half})`, shape[3]!))
    const angle = position(cosine.shape, [place, pair])
    const [own, turned] = [i!, other].map((at) => this.value(x, position(shape, [b!, h!, t!, at]))) as [string, string]
    const [c, s] = [this.value(cosine, angle), this.value(sine, angle)]
    return this.declare(`${own} * ${c} + select(${turned}, -${turned}, ${i!} < ${half}) * ${s}`)
  }
}
