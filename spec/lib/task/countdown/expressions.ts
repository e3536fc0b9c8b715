import { fc } from '@fast-check/vitest'
import { type Expression, operators } from '#lib/task/countdown/expression.js'

/** Random expressions of up to 8 numbers in 0 .. 12: values are exact, and some divide by zero. */
export const anyExpression: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression; leaf: Expression }>((tie) => ({
  leaf: fc.record({ number: fc.integer({ min: 0, max: 12 }) }),
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.record({ operator: fc.constantFrom(...operators), left: tie('tree'), right: tie('tree') }),
  ),
})).tree

/** Numbers of an expression from left to right. */
export const leavesOf = (expression: Expression): readonly number[] =>
  'number' in expression ? [expression.number] : [...leavesOf(expression.left), ...leavesOf(expression.right)]

/** Numbers of a problem in ascending order. */
export const sorted = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b)
