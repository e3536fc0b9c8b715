import { describe, expect, test } from 'vitest'
import * as o from '#lib/compute/operation/index.js'
import type { Shape } from '#lib/compute/program/node.js'
import { ShapeError } from '#lib/compute/program/shape-error.js'
import { PipelineError } from '#lib/pipeline-error.js'

const f = (...shape: Shape) => o.input('f', shape)
const i = (...shape: Shape) => o.input('i', shape, 'int32')
const b = (...shape: Shape) => o.input('b', shape, 'int8')

/** Programs that cannot be built, and the error messages. */
const mistakes: readonly (readonly [build: () => unknown, message: string])[] = [
  [() => f(2, 0), 'input f: found float32[2, 0], expected dimensions that are positive integers'],
  [() => f(1.5), 'input f: found float32[1.5], expected dimensions that are positive integers'],
  [() => o.constant(Float32Array.of(1, 2), [3]), 'constant: found float32[3], expected 3 numbers, not 2'],
  [() => o.exp(i(2)), 'exp: found int32[2], expected float32'],
  [() => o.log(i(2)), 'log: found int32[2], expected float32'],
  [() => o.sqrt(i(2)), 'sqrt: found int32[2], expected float32'],
  [() => o.sigmoid(i(2)), 'sigmoid: found int32[2], expected float32'],
  [() => o.add(f(2), f(3)), 'add: found float32[2] and float32[3], expected shapes that broadcast'],
  [() => o.sub(f(2, 3), f(2)), 'sub: found float32[2, 3] and float32[2], expected shapes that broadcast'],
  [() => o.mul(f(2), i(2)), 'mul: found float32[2] and int32[2], expected one element type'],
  [() => o.add(i(2), o.scalar(0)), 'add: found int32[2] and float32[], expected one element type'],
  [() => o.div(i(2), i(2)), 'div: found int32[2] and int32[2], expected float32'],
  [() => o.maximum(f(2), i(2)), 'maximum: found float32[2] and int32[2], expected one element type'],
  [() => o.minimum(f(4), f(2)), 'minimum: found float32[4] and float32[2], expected shapes that broadcast'],
  [() => o.less(f(2), i(2)), 'less: found float32[2] and int32[2], expected one element type'],
  [() => o.equal(f(2), f(3)), 'equal: found float32[2] and float32[3], expected shapes that broadcast'],
  [() => o.select(i(2), f(2), f(2)), 'select: found int32[2], expected float32'],
  [() => o.select(f(2), f(2), i(2)), 'select: found float32[2] and int32[2], expected one element type'],
  [
    () => o.select(f(3), f(2), f(2)),
    'select: found float32[3] and float32[2] and float32[2], expected shapes that broadcast',
  ],
  [() => o.sum(f(2, 3), [2]), 'sum: found float32[2, 3], expected an axis 2'],
  [() => o.sum(f(2, 3), [-1, 1]), 'sum: found float32[2, 3], expected each axis once, not [-1, 1]'],
  [() => o.max(f(), [0]), 'max: found float32[], expected an axis 0'],
  [() => o.softmax(f()), 'softmax: found float32[], expected at least one axis'],
  [() => o.softmax(i(2)), 'softmax: found int32[2], expected float32'],
  [
    () => o.matmul(f(2, 3), f(4, 5)),
    'matmul: found float32[2, 3] and float32[4, 5], expected [..., m, k] and [..., k, n], leading axes that broadcast',
  ],
  [
    () => o.matmul(f(3), f(3, 5)),
    'matmul: found float32[3] and float32[3, 5], expected [..., m, k] and [..., k, n], leading axes that broadcast',
  ],
  [
    () => o.matmul(f(2, 4, 3), f(3, 3, 5)),
    'matmul: found float32[2, 4, 3] and float32[3, 3, 5], expected [..., m, k] and [..., k, n], leading axes that broadcast',
  ],
  [() => o.matmul(i(2, 3), i(3, 2)), 'matmul: found int32[2, 3] and int32[3, 2], expected float32'],
  [() => o.reshape(f(2, 3), [5]), 'reshape: found float32[2, 3], expected as many elements as float32[5]'],
  [() => o.reshape(f(2, 3), [-1]), 'reshape: found float32[-1], expected dimensions that are positive integers'],
  [() => o.transpose(f(2, 3), [0]), 'transpose: found float32[2, 3], expected a permutation of its axes, not [0]'],
  [
    () => o.transpose(f(2, 3), [0, 0]),
    'transpose: found float32[2, 3], expected a permutation of its axes, not [0, 0]',
  ],
  [
    () => o.transpose(o.transpose(f(2, 3), [1, 0]), [0, 2]),
    'transpose: found float32[3, 2], expected a permutation of its axes, not [0, 2]',
  ],
  [() => o.broadcast(f(2), [2, 3]), 'broadcast: found float32[2], expected a shape that broadcasts to float32[2, 3]'],
  [() => o.broadcast(f(2, 3), [3]), 'broadcast: found float32[2, 3], expected a shape that broadcasts to float32[3]'],
  [() => o.slice(f(4), [2], [3]), 'slice: found float32[4], expected room for sizes [3] from [2]'],
  [() => o.slice(f(4), [-1], [1]), 'slice: found float32[4], expected room for sizes [1] from [-1]'],
  [() => o.slice(f(4, 2), [0], [1]), 'slice: found float32[4, 2], expected room for sizes [1] from [0]'],
  [
    () => o.concat([f(2, 3), f(3, 3)], 1),
    'concat: found float32[2, 3] and float32[3, 3], expected tensors that differ along axis 1 alone',
  ],
  [
    () => o.concat([f(2), i(2)], 0),
    'concat: found float32[2] and int32[2], expected tensors that differ along axis 0 alone',
  ],
  [() => o.concat([], 0), 'concat: found nothing, expected at least one tensor'],
  [() => o.concat([f(2)], 1), 'concat: found float32[2], expected an axis 1'],
  [() => o.pad(f(2), [-1], [0]), 'pad: found float32[2], expected zeros per axis, not [-1] and [0]'],
  [() => o.pad(f(2), [1], []), 'pad: found float32[2], expected zeros per axis, not [1] and []'],
  [() => o.gather(f(), i(2)), 'gather: found float32[] and int32[2], expected a table [rows, ...] and ids in int32'],
  [
    () => o.gather(f(3), f(2)),
    'gather: found float32[3] and float32[2], expected a table [rows, ...] and ids in int32',
  ],
  [
    () => o.scatterAdd(i(2), f(3, 4), 5),
    'scatterAdd: found int32[2] and float32[3, 4], expected ids [...] in int32 and one update row [...ids, ...row] per id',
  ],
  [() => o.scatterAdd(i(2), i(2), 5), 'scatterAdd: found int32[2], expected float32'],
  [() => o.scatterAdd(i(2), f(2), 0), 'scatterAdd: found float32[0], expected dimensions that are positive integers'],
  [
    () => o.rmsNorm(f(2, 3), f(2), 1e-5),
    'rmsNorm: found float32[2, 3] and float32[2], expected x [..., d] and weight [d]',
  ],
  [() => o.rmsNorm(i(3), f(3), 1e-5), 'rmsNorm: found int32[3] and float32[3], expected float32'],
  [() => o.swiglu(f(2, 3), f(3)), 'swiglu: found float32[2, 3] and float32[3], expected two tensors of one shape'],
  [() => o.inverseRms(f(), 1e-5), 'inverseRms: found float32[], expected at least one axis'],
  [
    () => o.rope(f(2, 1, 3, 4), i(2, 2), { frequencies: [1, 1], limit: 2, back: false }),
    'rope: found float32[2, 1, 3, 4] and int32[2, 2], expected x [B, H, T, 4] and positions [B, T] or [1, T] in int32',
  ],
  [
    () => o.rope(f(2, 1, 3, 3), i(1, 3), { frequencies: [1], limit: 2, back: false }),
    'rope: found float32[2, 1, 3, 3] and int32[1, 3], expected x [B, H, T, 2] and positions [B, T] or [1, T] in int32',
  ],
  [
    () => o.causalAttention(f(1, 3, 2, 4), f(1, 2, 2, 4), f(1, 2, 2, 4)),
    'causalAttention: found float32[1, 3, 2, 4] and float32[1, 2, 2, 4] and float32[1, 2, 2, 4], expected q [B, H, T, D], k and v [B, K, T, D], K a divisor of H',
  ],
  [
    () => o.causalAttention(f(2, 2, 3, 4), f(2, 1, 3, 4), f(2, 1, 3, 4), { lengths: i(2) }),
    'causalAttention: found float32[2, 2, 3, 4] and float32[2, 1, 3, 4] and float32[2, 1, 3, 4] and int32[2], expected q [B, H, T, D], k and v [B, K, P + T, D], K a divisor of H, P at least 1, and lengths [B] in int32',
  ],
  [
    () => o.writeCache(f(2, 1, 3, 4), f(2, 1, 2, 4), i(2)),
    'writeCache: found float32[2, 1, 3, 4] and float32[2, 1, 2, 4] and int32[2], expected cache [B, K, L, D], entry [B, K, 1, D] and positions [B] in int32',
  ],
  [
    () =>
      o.cachedAttention(
        { q: f(2, 3, 1, 4), k: f(2, 2, 1, 4), v: f(2, 2, 1, 4) },
        { keys: f(2, 2, 5, 4), values: f(2, 2, 5, 4) },
        i(2),
      ),
    'cachedAttention: found float32[2, 3, 1, 4] and float32[2, 2, 1, 4] and float32[2, 2, 1, 4] and float32[2, 2, 5, 4] and float32[2, 2, 5, 4] and int32[2], expected q [B, H, 1, D], k and v [B, K, 1, D], keys and values [B, K, L, D], K a divisor of H, and positions [B] in int32',
  ],
  [
    () => o.tokenStatistics(f(2, 3), f(5, 4), i(2)),
    'tokenStatistics: found float32[2, 3] and float32[5, 4] and int32[2], expected hidden [n, width], weight [V, width] and targets [n] in int32',
  ],
  [
    () => o.quantizedMatmul(f(2, 3), f(3, 4), f(4)),
    'quantizedMatmul: found float32[2, 3] and float32[3, 4] and float32[4], expected x [n, in], weight [in, out] in int8 and scale [out]',
  ],
  [
    () => o.quantizedMatmul(f(2, 3), b(4, 3), f(4)),
    'quantizedMatmul: found float32[2, 3] and int8[4, 3] and float32[4], expected x [n, in], weight [in, out] in int8 and scale [out]',
  ],
  [
    () => o.quantizedMatmul(i(2, 3), b(3, 4), f(4)),
    'quantizedMatmul: found int32[2, 3] and float32[4], expected float32',
  ],
  [() => o.add(b(2), b(2)), 'add: found int8[2] and int8[2], expected int8 cast first'],
  [() => o.reshape(b(2), [2, 1]), 'reshape: found int8[2], expected int8 cast first'],
  [() => o.gather(b(3), i(2)), 'gather: found int8[3] and int32[2], expected int8 cast first'],
  [() => o.oneHot(f(2), 3), 'oneHot: found float32[2], expected ids in int32'],
  [() => o.oneHot(i(2), 0), 'oneHot: found float32[2, 0], expected dimensions that are positive integers'],
]

describe('a program that cannot be built has an error', () => {
  test.each(mistakes.map(([build, message]) => ({ build, message })))('$message', ({ build, message }) => {
    const error = caught(build)
    expect(error).toBeInstanceOf(ShapeError)
    expect(error).toBeInstanceOf(PipelineError)
    expect((error as Error).message).toBe(message)
  })
})

const caught = (build: () => unknown): unknown => {
  try {
    build()
  } catch (error) {
    return error
  }
  return undefined
}
