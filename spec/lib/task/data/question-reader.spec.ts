import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { DataError } from '#lib/task/data/data-error.js'
import { questionReader } from '#lib/task/data/question-reader.js'
import type { LayoutName } from '#lib/task/data/layout/index.js'

const row = (line: number, value: unknown) => ({ place: `a.jsonl:${line}`, value: E.right(value) })
const word = { question: 'So?', answer: '#### 1' }

/** Reads the rows of a file and returns the last result. */
const last = (values: readonly unknown[], layout?: LayoutName) => {
  const read = questionReader(layout)
  return values.map((value, i) => read(row(i + 1, value))).at(-1)!
}
const message = (found: ReturnType<typeof last>) => (E.isLeft(found) ? found.left.message : null)

describe('questionReader', () => {
  it('reads all rows with the layout of the first', () => {
    expect(last([word, word])).toMatchObject(E.right({ answer: '1' }))
    // In another file, the row would be a question and an answer.
    expect(message(last([word, { question: 'So?', answer: '1' }]))).toBe(
      'a.jsonl:2: answer: found "1", expected a solution with #### before the answer',
    )
  })

  it('takes the layout of the first row that fits one', () => {
    expect(E.isLeft(last([{ a: 1 }]))).toBe(true)
    expect(last([{ a: 1 }, word])).toMatchObject(E.right({ answer: '1' }))
  })

  it('reads with a named layout', () => {
    expect(last([word], 'plain')).toMatchObject(E.right({ answer: '#### 1' }))
    expect(message(last([{ question: 'So?', answer: 'one' }], 'aime'))).toBe(
      'a.jsonl:1: answer: found "one", expected a whole number in 0..999',
    )
  })

  it('lists the fields of a row if one is missing', () => {
    expect(message(last([{ question: 'So?', solution: '' }], 'gsm8k'))).toBe(
      'a.jsonl:1: answer: found nothing beside the fields question, solution, expected a solution with #### before the answer',
    )
  })

  it('lists the fields of a row and of the layouts if no layout fits', () => {
    expect(message(last([{ text: 'So?', label: 1 }]))).toMatch(
      /^a\.jsonl:1: found the fields text, label, expected one of verl \(prompt, reward_model\.ground_truth\), gsm8k .*, plain \(prompt or question or problem, answer\)/,
    )
    expect(message(last([{}]))).toContain('found no fields')
    expect(message(last([[word]]))).toContain('found a row that is no object')
    expect(message(last([null]))).toContain('found a row that is null')
  })

  it('passes on the error of a row that cannot be read', () => {
    const fault = new DataError('a.jsonl:1', 'x', 'JSON')
    expect(questionReader()({ place: 'a.jsonl:1', value: E.left(fault) })).toEqual(E.left(fault))
  })
})
