import { PipelineError } from '../../../../pipeline-error.js'
import type { Node } from '../../../program/node.js'
import { isOp } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import { Emitter, type IsStored, typeOf } from './emitter.js'
import { finish } from './epilogue.js'
import { delinearise, flatPosition, position, quotient, remainder } from './position.js'
import { type Part, THREADS } from './shader.js'

/** Sum or maximum of the terms of each result. */
interface Fold {
  /** Number of terms of one result. */
  readonly terms: number
  /** True if terms of one result lie next to each other in memory. */
  readonly isInner: boolean
  readonly combine: (a: string, b: string) => string
  /** Writes the code that combines one term, number `r` of result `o`, with `accumulator`. */
  readonly accumulate: (emitter: Emitter) => void
}

/**
 * Code of a sum or a maximum. Several threads share the terms of one result: each combines every so many of them, and then
 * their parts are combined in a tree, always in the same order.
 */
export const reducePart = (group: Group, isStored: IsStored, bindings: Bindings): Part => {
  const emitter = new Emitter(bindings, isStored)
  const node = group.anchor!
  const fold = foldOf(node)
  const results = sizeOf(node.shape)
  const lanes = lanesOf(fold, results)
  const rows = THREADS / lanes
  const [row, lane] = fold.isInner
    ? [quotient('lane', lanes), remainder('lane', lanes)]
    : [remainder('lane', rows), quotient('lane', rows)]
  emitter.line(`let o = group * ${rows} + ${row};`)
  emitter.line(`let first = ${lanes === 1 ? '0' : lane};`)
  emitter.line(`var accumulator: ${typeOf(node.dtype)};`)
  emitter.block(`if (o < ${results})`, () =>
    emitter.block(`for (var r = first; r < ${fold.terms}; r += ${lanes})`, () => fold.accumulate(emitter)),
  )
  if (lanes > 1) emitter.line(treeOf(lanes, fold, partsOf(node)))
  const isFirst = lanes === 1 ? '' : ` && ${lane} == 0`
  emitter.block(`if (o < ${results}${isFirst})`, () =>
    finish(group, emitter, bindings, flatPosition(node.shape, 'o'), 'accumulator'),
  )
  return {
    globals: lanes > 1 ? [`var<workgroup> ${partsOf(node)}: array<${typeOf(node.dtype)}, ${THREADS}>;`] : [],
    body: emitter.code,
    workgroups: Math.ceil(results / rows),
    threads: THREADS,
  }
}

/** Name of the shared memory in which threads combine their parts. */
const partsOf = ({ dtype }: Node): string => `parts_${typeOf(dtype)}`

/** Number of threads with which a GPU is busy. */
const BUSY = 2 ** 15

/**
 * Number of threads that share the terms of one result: at least four terms for each, and no more threads than keep a GPU busy.
 * Threads that read neighbours in memory are at least eight.
 */
const lanesOf = ({ terms, isInner }: Fold, results: number): number => {
  const most = 2 ** Math.max(0, Math.floor(Math.log2(terms / 4)))
  const needed = 2 ** Math.max(isInner ? 3 : 0, Math.ceil(Math.log2(BUSY / results)))
  return Math.min(THREADS, most, needed)
}

/** Code that combines the parts of the threads of each result, so that its first thread has the whole. */
const treeOf = (lanes: number, { isInner, combine }: Fold, parts: string): string => {
  const stride = isInner ? 1 : THREADS / lanes
  const steps = Array.from({ length: Math.log2(lanes) }, (_, i) => (lanes / 2 ** (i + 1)) * stride)
  const position = isInner ? remainder('lane', lanes) : 'lane'
  return [
    `${parts}[lane] = accumulator;`,
    ...steps.map(
      (step) =>
        `workgroupBarrier();\nif (${position} < ${step}) { ${parts}[lane] = ${combine(`${parts}[lane]`, `${parts}[lane + ${step}]`)}; }`,
    ),
    'workgroupBarrier();',
    `accumulator = ${parts}[lane];`,
  ].join('\n')
}

const foldOf = (node: Node): Fold => {
  if (isOp(node, 'sum') || isOp(node, 'max')) return foldOfAxes(node)
  if (isOp(node, 'scatterAdd')) return foldOfRows(node)
  throw new PipelineError('BrokenInvariant', `${node.op} is no reduction`)
}

const foldOfAxes = (node: Node<'sum' | 'max'>): Fold => {
  const [x] = node.inputs as [Node]
  const { axes } = node.attributes
  const isSum = node.op === 'sum'
  const reduced = axes.map((axis) => x.shape[axis]!)
  const combine = (a: string, b: string) => (isSum ? `${a} + ${b}` : `max(${a}, ${b})`)
  return {
    terms: sizeOf(reduced),
    isInner: axes.at(-1) === x.shape.length - 1,
    combine,
    accumulate: (emitter) => {
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
      const outer = delinearise('o', kept, emitter.declare)
      const inner = delinearise('r', reduced, emitter.declare)
      const coordinates = x.shape.map((_, axis) => (axes.includes(axis) ? inner[axes.indexOf(axis)]! : outer[axis]!))
      const term = emitter.value(x, position(x.shape, coordinates))
      const sum = combine('accumulator', term)
      // A maximum begins with the first term of the thread, because all terms may be minus infinity.
      emitter.line(`accumulator = ${isSum ? sum : `select(${sum}, ${term}, r == first)`};`)
    },
  }
}

/** Sum of the updates whose id is the row of the result. */
const foldOfRows = ({ inputs, shape }: Node<'scatterAdd'>): Fold => {
  const [ids, updates] = inputs as [Node, Node]
  const width = sizeOf(shape.slice(1))
  return {
    terms: sizeOf(ids.shape),
    isInner: false,
    combine: (a, b) => `${a} + ${b}`,
    accumulate: (emitter) => {
      const id = emitter.value(ids, flatPosition(ids.shape, 'r'))
      emitter.block(`if (${id} == ${quotient('o', width)})`, () => {
        const at = flatPosition(updates.shape, emitter.declare(`r * ${width} + ${remainder('o', width)}`))
        emitter.line(`accumulator += ${emitter.value(updates, at)};`)
      })
    },
  }
}
