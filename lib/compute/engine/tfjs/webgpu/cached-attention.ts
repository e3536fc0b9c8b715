import type { Tensor } from '@tensorflow/tfjs-core'
import { HIDDEN } from '../../../operation/hidden.js'
import type { Kernel } from '../kernel.js'
import { ATTEND_TO_FOUR } from '../../online-softmax.js'
import { dispatch } from './shader.js'

const code = `
var<workgroup> peaks: array<f32, LANES>;
var<workgroup> totals: array<f32, LANES>;
var<workgroup> parts: array<vec4<f32>, LANES * WIDTH>;

fn main(index: i32) {
  let head = index / LANES;
  let lane = index % LANES;
  let own = head / GROUP;
  let before = clamp(positions[head / uniforms.heads], 0, uniforms.limit);
  var query: array<vec4<f32>, WIDTH>;
  var seen: array<vec4<f32>, WIDTH>;
  var peak = 0.0;
  // One of the lanes begins with the token itself.
  var total = select(0.0, 1.0, lane == 0);
  for (var i = 0; i < WIDTH; i++) {
    query[i] = q[head * WIDTH + i] * SCALE;
    seen[i] = v[own * WIDTH + i] * total;
    peak += dot(query[i], k[own * WIDTH + i]);
  }
  for (var first = 4 * lane; first < before; first += 4 * LANES) {
    let four = first + vec4<i32>(0, 1, 2, 3);
    let rows = own * uniforms.limit + min(four, vec4<i32>(before - 1));
    let visible = four < vec4<i32>(before);
    ${ATTEND_TO_FOUR}
  }
  peaks[lane] = peak;
  workgroupBarrier();
  var highest = peaks[0];
  for (var other = 1; other < LANES; other++) {
    highest = max(highest, peaks[other]);
  }
  let shrink = exp(peak - highest);
  totals[lane] = total * shrink;
  for (var i = 0; i < WIDTH; i++) {
    parts[lane * WIDTH + i] = seen[i] * shrink;
  }
  workgroupBarrier();
  if (head * WIDTH >= uniforms.size) {
    return;
  }
  var whole = 0.0;
  for (var other = 0; other < LANES; other++) {
    whole += totals[other];
  }
  for (var i = lane; i < WIDTH; i += LANES) {
    var sum = vec4<f32>();
    for (var other = 0; other < LANES; other++) {
      sum += parts[other * WIDTH + i];
    }
    result[head * WIDTH + i] = sum / whole;
  }
}`

/** Largest number of floats that the lanes of a workgroup store together: 8 KB, half of their shared memory. */
const SHARED = 2048

/**
 * Attention of one query per row to a cache. Each query has a workgroup. The lanes of the workgroup divide the cache
 * among themselves, each computes the attention to its part, and at the end the parts are combined.
 *
 * @shape q [B, H, 1, D], k and v [B, K, 1, D], keys and values [B, K, L, D], positions [B] -> [B, H, 1, D], D a
 *   multiple of 4
 */
export const cachedAttention: Kernel<'cachedAttention', readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]> = (
  { shape, inputs },
  operands,
) => {
  const [B, heads, , width] = shape as [number, number, number, number]
  const [, kvHeads, limit] = inputs[3]!.shape as [number, number, number, number]
  const lanes = Math.min(32, 2 ** Math.floor(Math.log2(SHARED / width)))
  const shader = {
    name: 'cachedAttention',
    inputs: { q: 4, k: 4, v: 4, keys: 4, values: 4, positions: 1 },
    result: 4,
    constants: { WIDTH: width / 4, GROUP: heads / kvHeads, SCALE: 1 / Math.sqrt(width), HIDDEN, LANES: lanes },
    sizes: { heads, limit },
    workgroup: lanes,
    threads: B * heads * lanes,
    code,
  } as const
  return dispatch(shader, operands, shape)
}
