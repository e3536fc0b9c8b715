import { fc, test } from '@fast-check/vitest'
import { firstValueFrom, from } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { FinishReason } from '#lib/rollout/completion.js'
import { apply, endOf, type Move, operators, pathText } from '#lib/task/moves/path.js'
import type { Problem } from '#lib/task/moves/problem.js'
import { verifier } from '#lib/task/moves/verify.js'
import { solves } from './oracle.js'

const problem: Problem = {
  start: 3,
  target: 21,
  moves: [
    { operator: '+', number: 5 },
    { operator: '*', number: 2 },
    { operator: '-', number: 1 },
  ],
}

const judge = (of: Problem, text: string, finish: FinishReason = 'stop') => {
  const prompt = { id: 'p', text: '?', tokens: [], reference: 'the problem' }
  const completion = { tokens: new Int32Array(0), logprobs_T: new Float32Array(0), text, finish, version: 0 }
  const verify = verifier((reference) => {
    expect(reference).toBe('the problem')
    return of
  })
  return firstValueFrom(from(verify(prompt, completion)))
}

const anyMoves = fc
  .tuple(...operators.map(() => fc.integer({ min: 1, max: 12 })))
  .map((numbers) => operators.map((operator, i): Move => ({ operator, number: numbers[i]! })))
/** Problem, and a path of its moves that ends at the target of every second problem. */
const anyPath = fc.record({ start: fc.integer({ min: 0, max: 30 }), moves: anyMoves }).chain(({ start, moves }) =>
  fc
    .record({
      path: fc.array(fc.constantFrom(...moves), { minLength: 1, maxLength: 8 }),
      miss: fc.constantFrom(0, 1),
    })
    .map(({ path, miss }) => ({ problem: { start, moves, target: path.reduce(apply, start) + miss }, path })),
)

describe('verifier', () => {
  it.each(['+5=8*2=16+5=21', '*2=6*2=12-1=11*2=22-1=21', '-1=2*2=4*2=8*2=16+5=21'])(
    'gives +1 to %s, a path to the target',
    async (text) => expect(await judge(problem, text)).toEqual({ value: 1, correct: true, answer: '= 21' }),
  )

  it('gives -1 to a path to another number, which is its answer', async () => {
    expect(await judge(problem, '+5=8*2=16')).toEqual({ value: -1, correct: false, answer: '= 16' })
    expect(await judge(problem, '+5=8*2=16+5=21-1=20')).toEqual({ value: -1, correct: false, answer: '= 20' })
    expect(await judge(problem, '-1=2-1=1-1=0-1=-1')).toEqual({ value: -1, correct: false, answer: '= -1' })
  })

  it.each([
    ['a move that is not allowed', '+6=9*2=18'],
    ['a wrong result that ends at the target', '+5=21'],
    ['a wrong result on the way', '+5=9*2=16+5=21'],
    ['a step without a result', '+5*2=16+5=21'],
    ['a step that is cut', '+5=8*2='],
    ['a number that is cut', '+5=8*2=1'],
    ['the start written again', '3+5=8*2=16+5=21'],
    ['a text after the path', '+5=8*2=16+5=21='],
    ['leading zeros', '+5=08*2=16+5=21'],
    ['spaces', '+5=8 *2=16 +5=21'],
    ['the target alone', '21'],
  ])('finds %s malformed', async (_, text) =>
    expect(await judge(problem, text)).toEqual({ value: -1, correct: false, fault: 'malformed' }),
  )

  it('finds no answer in a completion that is empty or was cut off', async () => {
    const none = { value: -1, correct: false, fault: 'no-answer' }
    expect(await judge(problem, '')).toEqual(none)
    expect(await judge({ ...problem, target: 3 }, '')).toEqual(none)
    expect(await judge(problem, '+5=8*2=16+5=21', 'length')).toEqual(none)
  })

  it('refuses numbers that double precision cannot represent, and comes through', async () => {
    const doubled = pathText(
      3,
      Array.from({ length: 2000 }, () => problem.moves[1]!),
    )
    expect(await judge(problem, doubled)).toMatchObject({ fault: 'malformed' })
  })

  test.prop([anyPath])(
    'accepts a path of allowed moves exactly if it ends at the target',
    async ({ problem: of, path }) => {
      const { correct, answer } = await judge(of, pathText(of.start, path))
      expect(correct).toBe(path.reduce(apply, of.start) === of.target)
      expect(answer).toBe(`= ${path.reduce(apply, of.start)}`)
      expect(correct).toBe(solves(of, pathText(of.start, path)))
    },
  )

  test.prop([anyPath, fc.nat(), fc.constantFrom('', ...Array.from('0123456789+*-= ')), fc.constantFrom(0, 1)], {
    numRuns: 500,
  })(
    'accepts a path with a changed character exactly if a naive check does',
    async ({ problem: of, path }, at, character, removed) => {
      const text = pathText(of.start, path)
      const place = at % (text.length + 1)
      const changed = text.slice(0, place) + character + text.slice(place + removed)
      expect((await judge(of, changed)).correct).toBe(solves(of, changed))
    },
  )

  test.prop([fc.string({ unit: fc.constantFrom(...Array.from('13568+*-=')) })])(
    'accepts a random text exactly if a naive check does',
    async (text) => {
      expect((await judge(problem, text)).correct).toBe(solves(problem, text))
    },
  )
})

describe('endOf', () => {
  test.prop([anyPath])('is the last number of a path', ({ problem: { start, moves }, path }) => {
    expect(endOf(start, moves, pathText(start, path))).toBe(path.reduce(apply, start))
  })
})
