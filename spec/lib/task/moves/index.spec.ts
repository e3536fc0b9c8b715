import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Demonstration } from '#lib/rollout/demonstration.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import { moves } from '#lib/task/moves/index.js'
import { apply, endOf, type Move } from '#lib/task/moves/path.js'
import { type Problem, solvedProblem, splitOf } from '#lib/task/moves/problem.js'
import { first } from '../first.js'
import { isSolvable, solves } from './oracle.js'

const task = moves()
const splits = ['train', 'tune', 'test'] as const
const defaults = { steps: 5, largest: 20, highest: 99 }

/** Parses the text of a prompt. */
const problemOf = ({ text }: Prompt): Problem => {
  const [, start, target, allowed = ''] = /^(\d+)>(\d+)((?: [+*-]\d){3}):$/.exec(text) ?? []
  return {
    start: Number(start),
    target: Number(target),
    moves: allowed
      .trim()
      .split(' ')
      .map((move) => ({ operator: move[0] as Move['operator'], number: Number(move.slice(1)) })),
  }
}

const demonstrationsOf = (of: typeof task, count: number, seed = 1): readonly Demonstration[] =>
  Array.from({ length: count }, (_, n) => of.demonstrations(seed)(n))
const isRight = ({ prompt, text }: Demonstration): boolean => solves(problemOf(prompt), text)
const shareRight = (demonstrations: readonly Demonstration[]): number =>
  demonstrations.filter(isRight).length / demonstrations.length

const anySeed = fc.nat()
const anyOptions = fc.record({
  steps: fc.integer({ min: 1, max: 6 }),
  largest: fc.integer({ min: 5, max: 40 }),
  highest: fc.integer({ min: 40, max: 200 }),
})

describe('prompts', () => {
  it('contain the problem as text, tokens and reference', () => {
    for (const prompt of first(50, task.prompts('train', 1))) {
      expect(prompt.text).toMatch(/^\d+>\d+ \+\d \*\d -\d:$/)
      expect(task.tokenizer.decode(prompt.tokens)).toBe(prompt.text)
      expect([prompt.id, prompt.reference]).toEqual([prompt.text.slice(0, -1), prompt.text.slice(0, -1)])
    }
  })

  it.each(splits)('of %s belong to that split', (split) => {
    for (const prompt of first(100, task.prompts(split, 1))) expect(splitOf(problemOf(prompt))).toBe(split)
  })

  it('of different splits are different', () => {
    const idsOf = (split: (typeof splits)[number], seed: number) =>
      first(2000, task.prompts(split, seed)).map(({ id }) => id)
    const [train, tune, test] = splits.map((split) => new Set([1, 2].flatMap((seed) => idsOf(split, seed)))) as [
      Set<string>,
      Set<string>,
      Set<string>,
    ]
    expect([...tune].filter((id) => train.has(id) || test.has(id))).toEqual([])
    expect([...test].filter((id) => train.has(id))).toEqual([])
    expect(Math.min(train.size, tune.size, test.size)).toBeGreaterThan(3000)
  })

  it('are endless and start again at every iteration', () => {
    const taken = first(500, task.prompts('tune', 7))
    expect(taken).toHaveLength(500)
    expect(first(500, task.prompts('tune', 7))).toEqual(taken)
    expect(first(10, task.prompts('tune', 8))).not.toEqual(taken.slice(0, 10))
  })

  it('continue at the position of a resumed run', () => {
    expect(first(5, task.prompts('test', 7, 40))).toEqual(first(45, task.prompts('test', 7)).slice(40))
  })

  test.prop([anyOptions, anySeed, fc.constantFrom(...splits)])(
    'have a solution of allowed moves within the bounds',
    (options, seed, split) => {
      const { problem, solution } = solvedProblem(split, options, seed, 0)
      const { start, target } = problem
      expect(isSolvable(problem, options.steps, options.highest)).toBe(true)
      expect(solution.length).toBeLessThanOrEqual(options.steps)
      const visited = solution.map((_, i) => solution.slice(0, i + 1).reduce(apply, start))
      expect(visited.at(-1)).toBe(target)
      expect(new Set([start, ...visited]).size).toBe(visited.length + 1)
      for (const number of [start, ...visited]) expect(number).toBeGreaterThanOrEqual(1)
      for (const number of visited) expect(number).toBeLessThanOrEqual(options.highest)
    },
  )

  it('are an error for options that leave a split without problems', () => {
    expect(() => first(1, moves({ steps: 2, largest: 1, highest: 2 }).prompts('train', 1))).toThrow(
      'moves with steps 2, largest 1 and highest 2: found no problem of split train in 100000 attempts, expected options with more problems',
    )
  })
})

/** The split of a problem must never change: the bundled checkpoint was trained on the train split. */
it('splits are the same in every version', () => {
  const allowed = problemOf({ text: '3>21 +5 *2 -1:' } as Prompt).moves
  const targets = Array.from({ length: 40 }, (_, i) => i + 1)
  const of = (split: string) => targets.filter((target) => splitOf({ start: 3, target, moves: allowed }) === split)
  expect(of('tune')).toEqual([10, 31])
  expect(of('test')).toEqual([2, 5, 17])
})

describe('demonstrations', () => {
  it('are from the train split only', () => {
    for (const { prompt } of demonstrationsOf(task, 500)) expect(splitOf(problemOf(prompt))).toBe('train')
  })

  it('have the tokens of their text and the end token', () => {
    for (const { text, tokens } of demonstrationsOf(task, 200)) {
      expect(tokens.at(-1)).toBe(task.tokenizer.ends[0])
      expect(task.tokenizer.decode(tokens.slice(0, -1))).toBe(text)
      expect(tokens.length).toBeLessThanOrEqual(task.maxTokens)
    }
  })

  it('are paths of allowed moves with right results, right or wrong', () => {
    for (const { prompt, text } of demonstrationsOf(task, 500)) {
      const { start, moves: allowed } = problemOf(prompt)
      expect(endOf(start, allowed, text)).not.toBeNull()
    }
  })

  it('depend only on their number', () => {
    const at = task.demonstrations(1)
    const [late, early] = [at(100), at(3)]
    expect([early, late]).toEqual([task.demonstrations(1)(3), task.demonstrations(1)(100)])
    expect(task.demonstrations(2)(3)).not.toEqual(early)
  })

  it('are all right if none is random', () => {
    expect(shareRight(demonstrationsOf(moves({ blind: 0 }), 300))).toBe(1)
  })

  it('are wrong in the share that `blind` allows', () => {
    const lucky = shareRight(demonstrationsOf(moves({ blind: 1 }), 3000))
    expect(lucky).toBeLessThan(0.2)
    for (const blind of [0.3, 0.7])
      expect(shareRight(demonstrationsOf(moves({ blind }), 3000))).toBeCloseTo(1 - blind + blind * lucky, 1)
  })
})

describe('maxTokens', () => {
  test.prop([anyOptions, anySeed])('is enough for every demonstration', (options, seed) => {
    const of = moves({ ...options, blind: 0.5 })
    expect(of.demonstrations(seed)(0).tokens.length).toBeLessThanOrEqual(of.maxTokens)
  })

  it('is the length of the longest path', () => {
    expect(moves({ steps: 5 }).maxTokens).toBe('+9=19*2=38+9=47+9=56-4=52'.length + 1)
    expect(solvedProblem('train', { ...defaults, steps: 1 }, 1, 0).solution).toHaveLength(1)
  })
})

it('every text of the task has tokens', () => {
  expect(task.tokenizer.vocabulary).toBe(18)
  expect(task.tokenizer.decode(task.tokenizer.encode('0123456789+-*=> :'))).toBe('0123456789+-*=> :')
})
