import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { sequence } from '#lib/random/sequence.js'
import { keyedUniform, shuffle, uniform } from '#lib/random/uniform.js'
import { type Expression, textOf, valueOf } from '#lib/task/countdown/expression.js'
import { type Problem, randomExpression, solvedProblem, splitOf } from '#lib/task/countdown/problem.js'
import { leavesOf, sorted } from './expressions.js'
import { solves } from './solves.js'

const options = { count: 3, largest: 15, highest: 99 }
const splits = ['train', 'tune', 'test'] as const
const numbered = <A>(count: number, of: (n: number) => A): readonly A[] =>
  Array.from({ length: count }, (_, n) => of(n))
const without = ({ numbers, target }: Problem) => `${sorted(numbers).join(' ')}=${target}`

const anySeed = fc.nat()
const anyN = fc.nat(1_000_000)
const anyOptions = fc.record({
  count: fc.integer({ min: 2, max: 4 }),
  largest: fc.integer({ min: 5, max: 30 }),
  highest: fc.integer({ min: 50, max: 200 }),
})
const anySplit = fc.constantFrom(...splits)

describe('solvedProblem', () => {
  test.prop([anySplit, anyOptions, anySeed, anyN])(
    'has a solution, is of its split and within its options',
    (...key) => {
      const [split, { count, largest, highest }] = key
      const { problem, solution } = solvedProblem(...key)
      expect(problem.numbers).toHaveLength(count)
      for (const number of problem.numbers) {
        expect(Number.isInteger(number)).toBe(true)
        expect(number).toBeGreaterThanOrEqual(1)
        expect(number).toBeLessThanOrEqual(largest)
      }
      expect(problem.target).toBeGreaterThanOrEqual(1)
      expect(problem.target).toBeLessThanOrEqual(highest)
      expect(valueOf(solution)).toEqual({ numerator: problem.target, denominator: 1 })
      expect(solves(problem, textOf(solution))).toBe(true)
      expect(splitOf(problem)).toBe(split)
    },
  )

  test.prop([anySplit, anyOptions, anySeed, anyN])('is a function of its key', (...key) => {
    expect(solvedProblem(...key)).toEqual(solvedProblem(...key))
  })

  it('changes with the seed and with n', () => {
    const problems = (seed: number) => numbered(50, (n) => without(solvedProblem('train', options, seed, n).problem))
    expect(new Set(problems(1)).size).toBeGreaterThan(45)
    expect(problems(2)).not.toEqual(problems(1))
  })

  it('uses all numbers up to the largest', () => {
    const numbers = numbered(300, (n) => solvedProblem('train', options, 1, n).problem.numbers).flat()
    expect(sorted([...new Set(numbers)])).toEqual(numbered(15, (n) => n + 1))
  })
})

describe('splitOf', () => {
  const anyProblem = fc.record({
    numbers: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 4 }),
    target: fc.integer({ min: 1, max: 99 }),
  })

  test.prop([anyProblem, anySeed])('does not depend on the order of the numbers', (problem, seed) => {
    expect(splitOf({ ...problem, numbers: shuffle(problem.numbers, seed) })).toBe(splitOf(problem))
  })

  it('puts 80% into train, 10% into tune and 10% into test', () => {
    const drawn = numbered(20_000, (n) => {
      const numbers = [0, 1, 2].map((place) => 1 + Math.floor(15 * uniform(n, place)))
      return splitOf({ numbers, target: 1 + Math.floor(99 * uniform(n, 3)) })
    })
    const share = (split: string) => drawn.filter((each) => each === split).length / drawn.length
    expect(share('train')).toBeCloseTo(0.8, 1.5)
    expect(share('tune')).toBeCloseTo(0.1, 1.5)
    expect(share('test')).toBeCloseTo(0.1, 1.5)
  })

  it('puts a problem into one split in any order of its numbers', () => {
    const drawn = splits.flatMap((split, i) => [
      ...new Set(numbered(500, (n) => without(solvedProblem(split, options, i, n).problem))),
    ])
    expect(new Set(drawn).size).toBe(drawn.length)
  })

  it('is unchanged since the bundled checkpoint was trained', () => {
    const targets = numbered(40, (n) => n + 1)
    const of = (split: string) => targets.filter((target) => splitOf({ numbers: [3, 5, 7], target }) === split)
    expect(of('tune')).toEqual([7, 14, 15, 28])
    expect(of('test')).toEqual([3, 6, 13, 33, 36, 38])
  })
})

describe('randomExpression', () => {
  const numbers = [1, 2, 3]
  const drawn = numbered(500, (n) => randomExpression(numbers, sequence(keyedUniform(n))))

  test.prop([fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }), anySeed])('uses each number once', (given, seed) => {
    expect(sorted(leavesOf(randomExpression(given, sequence(keyedUniform(seed)))))).toEqual(sorted(given))
  })

  it('has every order, every operator and both groupings', () => {
    const root = (tree: Expression) => ('number' in tree ? [] : [tree])
    expect(new Set(drawn.map((tree) => leavesOf(tree).join('')))).toEqual(
      new Set(['123', '132', '213', '231', '312', '321']),
    )
    expect(new Set(drawn.flatMap(root).map(({ operator }) => operator))).toEqual(new Set(['+', '-', '*', '/']))
    expect(new Set(drawn.flatMap(root).map(({ left }) => 'number' in left))).toEqual(new Set([true, false]))
  })
})
