import type { Node } from '../../../program/node.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import { attendTo, attentionConstants } from './causal-attention.js'
import type { IsStored } from './emitter.js'
import type { Part } from './shader.js'

/** Largest number of floats that the lanes of a workgroup store together: 8 KB, half of their shared memory. */
const SHARED = 2048

/**
 * Code of the attention of one query per row to a cache. Each query has a workgroup, whose threads divide the cache among
 * themselves and combine their parts at the end.
 *
 * @shape q [B, H, 1, D], k and v [B, K, 1, D], keys and values [B, K, L, D], positions [B] -> [B, H, 1, D]
 */
export const cachedAttentionPart = ({ anchor }: Group, _: IsStored, bindings: Bindings): Part => {
  const node = anchor as Node<'cachedAttention'>
  const [q, k, v, keys, values, positions] = node.inputs as [Node, Node, Node, Node, Node, Node]
  const [B, heads, , width] = node.shape as [number, number, number, number]
  const [, kvHeads, limit] = keys.shape as [number, number, number]
  const lanes = Math.min(32, 2 ** Math.floor(Math.log2(SHARED / width)))
  const [query, key, value] = [bindings.read(q, 4), bindings.read(k, 4), bindings.read(v, 4)]
  const [keyCache, valueCache] = [bindings.read(keys, 4), bindings.read(values, 4)]
  const place = bindings.read(positions)
  const result = bindings.write(node, 4)
  const globals = `${attentionConstants(width)}
const LANES = ${lanes};
var<workgroup> peaks: array<f32, LANES>;
var<workgroup> totals: array<f32, LANES>;
var<workgroup> parts: array<vec4<f32>, ${(lanes * width) / 4}>;`
  const body = `
let own = group / ${heads / kvHeads};
let before = clamp(${place}[group / ${heads}], 0, ${limit});
var query: array<vec4<f32>, WIDTH>;
var seen: array<vec4<f32>, WIDTH>;
var peak = 0f;
// The first thread begins with the token itself.
var total = select(0f, 1f, lane == 0);
for (var i = 0; i < WIDTH; i++) {
  query[i] = ${query}[group * WIDTH + i] * ${1 / Math.sqrt(width)}f;
  seen[i] = ${value}[own * WIDTH + i] * total;
  peak += dot(query[i], ${key}[own * WIDTH + i]);
}
for (var first = 4 * lane; first < before; first += 4 * LANES) {
  let four = first + vec4<i32>(0, 1, 2, 3);
  let rows = own * ${limit} + min(four, vec4<i32>(before - 1));
  let visible = four < vec4<i32>(before);
  ${attendTo(keyCache, valueCache)}
}
peaks[lane] = peak;
workgroupBarrier();
var highest = peaks[0];
for (var other = 1; other < LANES; other++) { highest = max(highest, peaks[other]); }
let shrink = exp(peak - highest);
totals[lane] = total * shrink;
for (var i = 0; i < WIDTH; i++) { parts[lane * WIDTH + i] = seen[i] * shrink; }
workgroupBarrier();
var whole = 0f;
for (var other = 0; other < LANES; other++) { whole += totals[other]; }
for (var i = lane; i < WIDTH && group < ${B * heads}; i += LANES) {
  var sum = vec4<f32>();
  for (var other = 0; other < LANES; other++) { sum += parts[other * WIDTH + i]; }
  ${result}[group * WIDTH + i] = sum / whole;
}`
  return { globals: [globals], body, workgroups: B * heads, threads: lanes }
}
