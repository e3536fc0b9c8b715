import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { lastBoxed } from '#lib/task/data/layout/last-boxed.js'

it.each([
  ['\\boxed{1} and \\boxed{ 2 }', '2'],
  ['\\fbox{a}', 'a'],
  ['\\boxed{\\text{a \\} b} {c}} {d}', '\\text{a \\} b} {c}'],
  ['\\boxed{}', ''],
  ['\\boxed{1', null],
  ['\\boxed 5', null],
  ['none', null],
])('finds in %s', (text, found) => {
  expect(lastBoxed(text)).toBe(found)
})

/** Texts whose braces match. */
const { matched } = fc.letrec<{ matched: string }>((tie) => ({
  matched: fc.oneof(
    { depthSize: 'small' },
    fc.stringMatching(/^[a-z+ ]{0,4}$/),
    fc.tuple(tie('matched'), tie('matched')).map(([a, b]) => `${a}{${b}}`),
  ),
}))

test.prop([fc.string(), matched, fc.stringMatching(/^[a-z }]*$/)])(
  'keeps what is inside whole',
  (before, inside, after) => {
    expect(lastBoxed(`${before.replaceAll('\\', '')}\\boxed{${inside}}${after}`)).toBe(inside.trim())
  },
)
