import { fc } from '@fast-check/vitest'
import { type Expression, operators } from '#lib/task/countdown/expression.js'

/** Up to 8 numbers of 0 .. 12: values stay exact, and some divide by zero. */
export const anyExpression: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression; leaf: Expression }>((tie) => ({
  leaf: fc.record({ number: fc.integer({ min: 0, max: 12 }) }),
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.record({ operator: fc.constantFrom(...operators), left: tie('tree'), right: tie('tree') }),
  ),
})).tree

/** From left to right. */
export const leavesOf = (expression: Expression): readonly number[] =>
  'number' in expression ? [expression.number] : [...leavesOf(expression.left), ...leavesOf(expression.right)]

/** The numbers of a problem from small to large. */
export const sorted = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b)
