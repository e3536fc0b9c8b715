import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { input } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { tokenStatistics } from '#lib/model/token-statistics.js'
import { tokenMeasures, createTokenMeasure } from '#lib/policy/local/token-measure.js'
import { expectClose } from '../../compute/reference/close.js'
import { interpret } from '../../compute/reference/interpret.js'
import { floats, identity, ints } from '../../model/golden.js'

const anyLogits = fc.array(
  fc.integer({ min: -400, max: 400 }).map((n) => n / 16),
  { minLength: 1, maxLength: 7 },
)

test.prop([anyLogits, fc.nat(6), fc.nat(3)])(
  'computes the statistics of a scoring pass for one row among others',
  (logits, draw, row) => {
    const V = logits.length
    const token = draw % V
    const statistics = tokenStatistics(input('logits', [1, V]), identity(V), input('targets', [1], 'int32'))
    const expected = interpret(program('statistics', statistics), {
      logits: floats([1, V], logits),
      targets: ints([1], [token]),
    })
    const rows = new Float32Array(4 * V).fill(99)
    rows.set(logits, row * V)
    const [stride, at] = [3, 2]
    const into = new Float32Array(tokenMeasures.length * stride).fill(7)
    createTokenMeasure(V)(rows, row * V, token, into, stride, at)
    tokenMeasures.forEach((name, m) => {
      expectClose([into[m * stride + at]!], [expected[name]!.data[0]!], 1e-6)
      expect([...into.subarray(m * stride, m * stride + at)]).toEqual([7, 7])
    })
  },
)
