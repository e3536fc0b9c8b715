import { map } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { when } from '#operators/when.js'
import { keepsTheLaws } from './laws.js'

const times = (factor: number) => map((value: number) => value * factor)

describe('when', () => {
  describe('laws, with the option', () => {
    keepsTheLaws({
      operator: () => when(3, times),
      reactions: [1, 2].map((input) => ({ input, outputs: [3 * input] })),
    })
  })

  describe('laws, without the option', () => {
    keepsTheLaws({
      operator: () => when(undefined, times),
      reactions: [1, 2].map((input) => ({ input, outputs: [input] })),
    })
  })

  it('applies the stage for every option but undefined', () => {
    const seen: unknown[] = []
    for (const option of [0, null, '']) when(option, (given) => (seen.push(given), map((value: number) => value)))
    expect(seen).toEqual([0, null, ''])
  })
})
