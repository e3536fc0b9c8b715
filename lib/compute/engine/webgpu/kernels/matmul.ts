import type { Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import { Emitter, type IsStored } from './emitter.js'
import { finish } from './epilogue.js'
import { delinearise, position, quotient, remainder } from './position.js'
import type { Part } from './shader.js'

/** Rows and columns of a product that a workgroup computes. */
interface Tiling {
  readonly rows: number
  readonly columns: number
}

/** Rows and columns of a product that a thread holds in registers. */
const OWN = 4

/** Terms of the sums that a workgroup stages in shared memory at a time. */
const DEPTH = 16

/** Picks the largest tile that is not mostly outside a product. */
const tilingOf = (m: number, n: number): Tiling => {
  if (m <= 8) return { rows: 8, columns: 64 }
  return m > 32 && n > 32 ? { rows: 64, columns: 64 } : { rows: 32, columns: 32 }
}

/** Number of threads of a workgroup of a product. */
export const threadsOf = ({ shape }: Node): number => {
  const { rows, columns } = tilingOf(shape.at(-2)!, shape.at(-1)!)
  return (rows * columns) / OWN ** 2
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
  const { rows, columns } = tilingOf(m, n)
  const threads = (rows * columns) / OWN ** 2
  const [tilesM, tilesN] = [Math.ceil(m / rows), Math.ceil(n / columns)]
  const read = (name: string, operand: Node) => readerOf(name, operand, new Emitter(bindings, isStored), batch)
  const [tileA, tileB] = [`tileA_${rows * DEPTH}`, `tileB_${columns * DEPTH}`]
  const globals = [
    `var<workgroup> ${tileA}: array<vec4<f32>, ${(rows * DEPTH) / OWN}>;`,
    `var<workgroup> ${tileB}: array<vec4<f32>, ${(columns * DEPTH) / OWN}>;`,
    read(`readA_${suffix}`, a),
    read(`readB_${suffix}`, b),
    writerOf(`write_${suffix}`, group, new Emitter(bindings, isStored), bindings),
  ]
  const body = `
let z = ${quotient('group', tilesM * tilesN)};
let top = ${remainder(quotient('group', tilesN), tilesM)} * ${rows};
let left = ${remainder('group', tilesN)} * ${columns};
let ownRow = ${quotient('lane', columns / OWN)};
let ownColumn = ${remainder('lane', columns / OWN)};
var c0 = vec4<f32>();
var c1 = vec4<f32>();
var c2 = vec4<f32>();
var c3 = vec4<f32>();
for (var start = 0; start < ${k}; start += ${DEPTH}) {
  ${stage(`readA_${suffix}`, tileA, rows, threads, isTransposed(a), 'top', m, k)}
  ${stage(`readB_${suffix}`, tileB, columns, threads, !isTransposed(b), 'left', n, k)}
  workgroupBarrier();
  for (var t = 0; t < ${DEPTH}; t++) {
    let a = ${tileA}[t * ${rows / OWN} + ownRow];
    let b = ${tileB}[t * ${columns / OWN} + ownColumn];
    c0 += a.x * b;
    c1 += a.y * b;
    c2 += a.z * b;
    c3 += a.w * b;
  }
  workgroupBarrier();
}
var c = array<vec4<f32>, 4>(c0, c1, c2, c3);
for (var e = 0; e < ${OWN ** 2}; e++) {
  let row = top + ownRow * ${OWN} + (e >> 2u);
  let column = left + ownColumn * ${OWN} + (e & 3);
  if (z < ${sizeOf(batch)} && row < ${m} && column < ${n}) { write_${suffix}(z, row, column, c[e >> 2u][e & 3]); }
}`
  return { globals, body, workgroups: sizeOf(batch) * tilesM * tilesN, threads }
}

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
    ${tile}[term * ${width / OWN} + (at >> 2u)][at & 3] = element;
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
