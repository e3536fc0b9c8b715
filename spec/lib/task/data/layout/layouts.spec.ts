import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type LayoutName, layouts } from '#lib/task/data/layout/index.js'

const user = (content: string) => [{ role: 'user', content }]

/** Rows of real data sets, cut to the fields that are read and some others. */
const rows: readonly (readonly [LayoutName, object, string])[] = [
  [
    'verl',
    {
      data_source: 'openai/gsm8k',
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'So?' },
      ],
      ability: 'math',
      reward_model: { ground_truth: '72', style: 'rule' },
      extra_info: { index: 0, split: 'train' },
    },
    '72',
  ],
  ['verl', { prompt: user('So?'), reward_model: { ground_truth: 7 } }, '7'],
  ['gsm8k', { question: 'So?', answer: 'It is <<6*7=42>>42.\n#### 42' }, '42'],
  ['gsm8k', { question: 'So?', answer: '#### is a mark\n#### 1,234,567.50' }, '1234567.50'],
  ['gsm8k', { question: 'So?', answer: 'a pair\n####  1,2 ' }, '1,2'],
  [
    'math',
    { problem: 'So?', level: 'Level 5', type: 'Algebra', solution: 'First \\boxed{1}, then $\\boxed{\\frac{1}{2}}$.' },
    '\\frac{1}{2}',
  ],
  [
    'math',
    { problem: 'So?', solution: 'No box.', answer: '\\left( 3, \\frac{\\pi}{2} \\right)' },
    '\\left( 3, \\frac{\\pi}{2} \\right)',
  ],
  ['math', { problem: 'So?', solution: 'Thus \\boxed{9}.', answer: null }, '9'],
  ['numina', { source: 'synthetic_math', problem: 'So?', solution: '\\boxed{x^{2}}', messages: [] }, 'x^{2}'],
  [
    'numina',
    { source: 'olympiads', problem: 'So?', solution: 'long', answer: '5', question_type: 'math-word-problem' },
    '5',
  ],
  ['amc', { id: 0, problem: 'So?', answer: 142.0, url: '' }, '142'],
  ['amc', { id: 1, problem: 'So?', answer: '-0.50' }, '-0.5'],
  ['aime', { id: 60, problem: 'So?', answer: '033' }, '33'],
  ['aime', { ID: '2024-I-1', Problem: 'So?', Solution: '', Answer: 204 }, '204'],
  ['aime', { question: 'So?', answer: '0' }, '0'],
  ['plain', { prompt: 'So?', answer: ' \\frac12 ' }, '\\frac12'],
  ['plain', { question: 'So?', answer: 0.5 }, '0.5'],
]

describe.each(rows)('%s, given %j', (name, row, answer) => {
  it('reads the question and its answer', () => {
    const messages = 'prompt' in row && Array.isArray(row.prompt) ? row.prompt : user('So?')
    expect(layouts[name].read(row)).toEqual(E.right({ messages, answer }))
  })

  it('is detected, unless it is plain with a restriction of answers', () => {
    const [first] = Object.entries(layouts).find(([, { read }]) => E.isRight(read(row)))!
    expect(first).toBe(name === 'amc' || name === 'aime' ? 'plain' : name)
  })
})

const faults: readonly (readonly [LayoutName, unknown, object])[] = [
  ['verl', { prompt: 'So?', reward_model: { ground_truth: '1' } }, { path: 'prompt', found: '"So?"' }],
  [
    'verl',
    { prompt: [{ role: 'user' }], reward_model: { ground_truth: '1' } },
    { path: 'prompt.0.content', found: 'undefined' },
  ],
  ['verl', { prompt: user('So?'), reward_model: {} }, { path: 'reward_model.ground_truth', found: 'undefined' }],
  ['verl', { prompt: user('So?'), reward_model: { ground_truth: '' } }, { path: 'reward_model.ground_truth' }],
  ['gsm8k', { question: 'So?', answer: '42' }, { path: 'answer', expected: 'a solution with #### before the answer' }],
  ['gsm8k', { question: 'So?', answer: 'So\n####  ' }, { path: 'answer', found: JSON.stringify('So\n####  ') }],
  ['gsm8k', { question: 7, answer: '#### 1' }, { path: 'question', found: '7', expected: 'string' }],
  [
    'math',
    { problem: 'So?', solution: 'none' },
    { path: 'solution', expected: 'a solution with its answer in \\boxed{}' },
  ],
  ['math', { problem: 'So?', solution: '', answer: true }, { path: 'answer', found: 'true' }],
  ['numina', { problem: 'So?', solution: '\\boxed{1}' }, { path: 'source', found: 'undefined' }],
  [
    'numina',
    { problem: 'So?', solution: '', source: 'olympiads', answer: 'proof' },
    { path: 'answer', found: '"proof"', expected: 'an answer that can be compared' },
  ],
  ['amc', { problem: 'So?', answer: '\\frac12' }, { path: 'answer', expected: 'a number' }],
  ['aime', { problem: 'So?', answer: 1000 }, { path: 'answer', found: '1000', expected: 'a whole number in 0..999' }],
  ['aime', { problem: 'So?', answer: '1.5' }, { path: 'answer', found: '"1.5"' }],
  ['aime', { problem: 'So?', answer: -1 }, { path: 'answer', found: '-1' }],
  ['plain', { answer: '1' }, { path: 'question', found: 'undefined' }],
  ['plain', { prompt: 'So?', answer: ['1'] }, { path: 'answer', found: 'an array of 1' }],
  ['plain', 'So?', { path: '', found: '"So?"' }],
  ['plain', null, { path: '', found: 'null' }],
]

it.each(faults)('%s says what is wrong with %j', (name, row, difference) => {
  expect(layouts[name].read(row)).toMatchObject(E.left(difference))
})
