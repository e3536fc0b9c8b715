import { HIDDEN } from '../../../operation/hidden.js'
import type { Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import { ATTEND_TO_FOUR } from '../../online-softmax.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import type { IsStored } from './emitter.js'
import type { Part } from './shader.js'

/** Number of queries of a workgroup. They are neighbours, so that they read the same keys at the same time. */
const QUERIES = 32

/**
 * Code of causal attention. Each query has a thread, which reads the keys up to its position once and keeps a running sum of
 * their values.
 *
 * @shape q [B, H, T, D], keys and values [B, K, P + T, D], lengths [B] where P > 0, D a multiple of 4 -> [B, H, T, D]
 */
export const causalAttentionPart = ({ anchor }: Group, _: IsStored, bindings: Bindings): Part => {
  const node = anchor as Node<'causalAttention'>
  const [q, k, v, lengths] = node.inputs as [Node, Node, Node, ...Node[]]
  const [, heads, length, width] = node.shape as [number, number, number, number]
  const [, kvHeads, places] = k.shape as [number, number, number]
  const prefix = places - length
  const query = bindings.read(q, 4)
  // A tensor that is bound twice keeps one name, because two writable bindings must not overlap.
  const [keys, values] = [bindings.read(k, 4), bindings.read(v, 4)]
  const own =
    lengths === undefined
      ? ''
      : ` & ((four >= vec4<i32>(${prefix})) | (four < vec4<i32>(${bindings.read(lengths)}[index / ${length * heads}])))`
  const result = bindings.write(node, 4)
  const queries = sizeOf(node.shape) / width
  const body = `
let index = group * ${QUERIES} + lane;
if (index >= ${queries}) { return; }
let last = ${prefix} + index % ${length};
let start = index / ${length} / ${heads / kvHeads} * ${places};
var query: array<vec4<f32>, WIDTH>;
var seen: array<vec4<f32>, WIDTH>;
for (var i = 0; i < WIDTH; i++) { query[i] = ${query}[index * WIDTH + i] * ${1 / Math.sqrt(width)}f; }
var peak = HIDDEN;
var total = 0f;
for (var first = 0; first <= last; first += 4) {
  let four = first + vec4<i32>(0, 1, 2, 3);
  let rows = start + min(four, vec4<i32>(last));
  let visible = (four <= vec4<i32>(last))${own};
  ${attendTo(keys, values)}
}
for (var i = 0; i < WIDTH; i++) { ${result}[index * WIDTH + i] = seen[i] / total; }`
  return {
    globals: [attentionConstants(width)],
    body,
    workgroups: Math.ceil(queries / QUERIES),
    threads: QUERIES,
  }
}

/** Constants of online softmax. */
export const attentionConstants = (width: number): string => `const WIDTH = ${width / 4};\nconst HIDDEN = ${HIDDEN}f;`

/** Code of online softmax over four keys of these buffers. */
export const attendTo = (keys: string, values: string): string =>
  ATTEND_TO_FOUR.replaceAll('keys[', `${keys}[`).replaceAll('values[', `${values}[`)
