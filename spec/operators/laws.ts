import { it } from 'vitest'
import { type OperatorCase, operatorLaws } from '#testing.js'

/** Registers the operator laws as tests of the enclosing `describe` block. */
export const keepsTheLaws = <A, B>(stage: OperatorCase<A, B>): void => {
  for (const { name, run } of operatorLaws(stage)) it(name, run)
}
