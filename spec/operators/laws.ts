import { it } from 'vitest'
import { type OperatorCase, operatorLaws } from '#testing.js'

/** Registers the published laws as tests of the describe block that calls it. */
export const keepsTheLaws = <A, B>(stage: OperatorCase<A, B>): void => {
  for (const { name, run } of operatorLaws(stage)) it(name, run)
}
