import type { Primitive } from '../../../program/node.js'

/** WGSL formula of every elementwise operation, from the code of its operands. */
export const formulas: Readonly<Partial<Record<Primitive, (a: string, b: string, c: string) => string>>> = {
  neg: (x) => `-${x}`,
  exp: (x) => `exp(${x})`,
  log: (x) => `log(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  sigmoid: (x) => `1f / (1f + exp(-${x}))`,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  maximum: (a, b) => `max(${a}, ${b})`,
  minimum: (a, b) => `min(${a}, ${b})`,
  less: (a, b) => `select(0f, 1f, ${a} < ${b})`,
  equal: (a, b) => `select(0f, 1f, ${a} == ${b})`,
  select: (condition, a, b) => `select(${b}, ${a}, ${condition} != 0f)`,
}

/** Rough number of instructions of the formulas that take more than one. */
const costs: Readonly<Partial<Record<Primitive, number>>> = { exp: 4, log: 4, sqrt: 4, sigmoid: 8, div: 3, rope: 8 }

/** Rough cost of one element of an operation that is inlined. Views cost nothing but index arithmetic. */
export const costOf = (op: Primitive): number => costs[op] ?? (op in formulas ? 1 : 0)

/** Operations that only rearrange elements. */
const views: ReadonlySet<Primitive> = new Set<Primitive>([
  'reshape',
  'transpose',
  'broadcast',
  'slice',
  'concat',
  'pad',
  'cast',
  'stopGradient',
])

/** Operations whose elements are computed where they are needed. All others have a kernel of their own. */
export const isPulled = (op: Primitive): boolean =>
  op in formulas || views.has(op) || op === 'gather' || op === 'oneHot' || op === 'rope'
