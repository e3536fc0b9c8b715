import type { Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import { Emitter, type IsStored } from './emitter.js'
import { finish } from './epilogue.js'
import { delinearise, position, quotient, remainder } from './position.js'
import type { Part } from './shader.js'

/** Division of a product among threads. */
interface Tiling {
  /** Rows and columns of a product that a workgroup computes. */
  readonly rows: number
  readonly columns: number
  /** Rows, and columns, of a product that a thread holds in registers. */
  readonly own: 4 | 8
}

/** Components of a vector. */
const VECTOR = 4

/** Terms of the sums that a workgroup stages in shared memory at a time. */
const DEPTH = 16

/** Picks the largest tile that is not mostly outside a product. */
const tilingOf = (m: number, n: number): Tiling => {
  if (m <= 8) return { rows: 8, columns: 64, own: 4 }
  return m > 32 && n > 32 ? { rows: 64, columns: 64, own: 8 } : { rows: 32, columns: 32, own: 4 }
}

/** Number of threads of a workgroup of a product. */
export const threadsOf = ({ shape }: Node): number => {
  const { rows, columns, own } = tilingOf(shape.at(-2)!, shape.at(-1)!)
  return (rows * columns) / own ** 2
}

/**
 * Code of a product [..., m, k] x [..., k, n]. A workgroup stages a tile of each operand in shared memory, and each thread
 * multiplies a block of them in its registers. The operands are read through their views, so a transpose is never stored.
 */
export const matmulPart = (group: Group, isStored: IsStored, bindings: Bindings): Part => {
  const suffix = bindings.name()
  const node = group.anchor!
  const [a, b] = node.inputs as [Node, Node]
  const batch = node.shape.slice(0, -2)
  const [m, n] = node.shape.slice(-2) as [number, number]
  const k = a.shape.at(-1)!
  const { rows, columns, own } = tilingOf(m, n)
  const [threads, vectors] = [(rows * columns) / own ** 2, own / VECTOR]
  const [tilesM, tilesN] = [Math.ceil(m / rows), Math.ceil(n / columns)]
  const read = (name: string, operand: Node) => readerOf(name, operand, new Emitter(bindings, isStored), batch)
  const [tileA, tileB] = [`tileA_${rows * DEPTH}`, `tileB_${columns * DEPTH}`]
  const globals = [
    `var<workgroup> ${tileA}: array<vec4<f32>, ${(rows * DEPTH) / VECTOR}>;`,
    `var<workgroup> ${tileB}: array<vec4<f32>, ${(columns * DEPTH) / VECTOR}>;`,
    read(`readA_${suffix}`, a),
    read(`readB_${suffix}`, b),
    writerOf(`write_${suffix}`, group, new Emitter(bindings, isStored), bindings),
  ]
  const body = `
let z = ${quotient('group', tilesM * tilesN)};
let top = ${remainder(quotient('group', tilesN), tilesM)} * ${rows};
let left = ${remainder('group', tilesN)} * ${columns};
let ownRow = ${quotient('lane', columns / own)};
let ownColumn = ${remainder('lane', columns / own)};
${each(own * vectors, (i) => `var c${i} = vec4<f32>();`)}
for (var start = 0; start < ${k}; start += ${DEPTH}) {
  ${stage(`readA_${suffix}`, tileA, rows, threads, isTransposed(a), 'top', m, k)}
  ${stage(`readB_${suffix}`, tileB, columns, threads, !isTransposed(b), 'left', n, k)}
  workgroupBarrier();
  for (var t = 0; t < ${DEPTH}; t++) {
    ${each(vectors, (i) => `let a${i} = ${tileA}[t * ${rows / VECTOR} + ownRow * ${vectors} + ${i}];`)}
    ${each(vectors, (j) => `let b${j} = ${tileB}[t * ${columns / VECTOR} + ownColumn * ${vectors} + ${j}];`)}
    ${each(own * vectors, (i) => {
      const row = Math.floor(i / vectors)
      return `c${i} += a${Math.floor(row / VECTOR)}[${row % VECTOR}] * b${i % vectors};`
    })}
  }
  workgroupBarrier();
}
var c = array<vec4<f32>, ${own * vectors}>(${Array.from({ length: own * vectors }, (_, i) => `c${i}`).join()});
for (var e = 0; e < ${own ** 2}; e++) {
  let ownY = ${quotient('e', own)};
  let ownX = ${remainder('e', own)};
  let row = top + ownRow * ${own} + ownY;
  let column = left + ownColumn * ${own} + ownX;
  if (z < ${sizeOf(batch)} && row < ${m} && column < ${n}) {
    write_${suffix}(z, row, column, c[ownY * ${vectors} + (ownX >> 2u)][ownX & 3]);
  }
}`
  return { globals, body, workgroups: sizeOf(batch) * tilesM * tilesN, threads }
}

const each = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

/**
 * Code that copies a tile of an operand to shared memory, in which the elements of one term lie next to each other. Threads
 * that are neighbours read neighbours in memory: along the terms, or along the rows if the operand is transposed.
 */
const stage = (
  reader: string,
  tile: string,
  width: number,
  threads: number,
  alongWidth: boolean,
  first: string,
  size: number,
  k: number,
): string => {
  const [at, term] = alongWidth
    ? [remainder('e', width), quotient('e', width)]
    : [quotient('e', DEPTH), remainder('e', DEPTH)]
  const place = reader.startsWith('readA') ? 'first + at, start + term' : 'start + term, first + at'
  return `for (var e = lane; e < ${width * DEPTH}; e += ${threads}) {
    let first = ${first};
    let at = ${at};
    let term = ${term};
    var element = 0f;
    if (first + at < ${size} && start + term < ${k}) { element = ${reader}(z, ${place}); }
    ${tile}[term * ${width / VECTOR} + (at >> 2u)][at & 3] = element;
  }`
}

/** Returns whether the last axis of an operand is not the one along which its elements lie in memory. */
const isTransposed = (operand: Node): boolean => {
  let node = operand
  while (node.inputs.length === 1 && node.op !== 'transpose') node = node.inputs[0]!
  if (node.op !== 'transpose') return false
  const { permutation } = (node as Node<'transpose'>).attributes
  return permutation.at(-1) !== permutation.length - 1
}

const readerOf = (name: string, operand: Node, emitter: Emitter, batch: readonly number[]): string => {
  const leading = operand.shape.slice(0, -2)
  const outer = delinearise('z', batch, emitter.declare).slice(batch.length - leading.length)
  const coordinates = [...leading.map((size, i) => (size === 1 ? '0' : outer[i]!)), 'row', 'column']
  const value = emitter.value(operand, position(operand.shape, coordinates))
  return `fn ${name}(z: i32, row: i32, column: i32) -> f32 {\n${emitter.code}\nreturn ${value};\n}`
}

const writerOf = (name: string, group: Group, emitter: Emitter, bindings: Bindings): string => {
  const { shape } = group.anchor!
  const coordinates = [...delinearise('z', shape.slice(0, -2), emitter.declare), 'row', 'column']
  finish(group, emitter, bindings, position(shape, coordinates), 'sum')
  return `fn ${name}(z: i32, row: i32, column: i32, sum: f32) {\n${emitter.code}\n}`
}
