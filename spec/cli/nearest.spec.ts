import { describe, expect, it } from 'vitest'
import { didYouMean, nearest } from '#cli/nearest.js'

const names = ['steps', 'seed', 'learning-rate', 'group']

describe('nearest', () => {
  it.each([
    ['step', 'steps'],
    ['stepz', 'steps'],
    ['learning_rate', 'learning-rate'],
    ['gruop', 'group'],
    ['seed', 'seed'],
  ])('%s was probably %s', (typed, meant) => expect(nearest(typed, names)).toBe(meant))

  it.each(['', 'temperature', 'zzz'])('%s has no name near it', (typed) =>
    expect(nearest(typed, names)).toBeUndefined(),
  )
})

it('didYouMean is empty if no name is near', () => {
  expect(didYouMean('stepz', names, '--')).toBe('; did you mean --steps?')
  expect(didYouMean('zzz', names)).toBe('')
})
