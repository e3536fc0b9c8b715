import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { wordProblem } from '#bench/paper/word-problems.js'

/** Calculates the answer from the words of a question. */
const answerOf = (question: string): number => {
  const [a, b] = [...question.matchAll(/\d+/g)].map(([digits]) => Number(digits)) as [number, number]
  if (question.includes('more')) return a + b
  if (question.includes('gives away')) return a - b
  return question.includes('shares') ? a / b : a * b
}

test.prop([fc.nat(10_000)])('a word problem has the answer of its question, a whole number above 0', (n) => {
  const { question, answer } = wordProblem(n)
  expect(Number(answer)).toBe(answerOf(question))
  expect(Number.isInteger(Number(answer)) && Number(answer) > 0).toBe(true)
  expect(wordProblem(n)).toEqual({ question, answer })
})

it('most of the word problems differ', () => {
  const questions = Array.from({ length: 1000 }, (_, n) => wordProblem(n).question)
  expect(new Set(questions).size).toBeGreaterThan(900)
})
