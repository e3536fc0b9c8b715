import { describe, expect, it } from 'vitest'
import { promptTemplates } from '#lib/task/prompt-template.js'
import { opened, orThrow } from '../tokenizer/golden.js'

const question = [{ role: 'user', content: 'What is 6 * 7?' }]
const chat = [{ role: 'system', content: 'Be brief.' }, ...question]
const instruction = 'Please reason step by step, and put your final answer within \\boxed{}.'
const { raw, boxed, 'qwen-math': qwenMath } = promptTemplates

it.each(Object.entries(promptTemplates))('%s has a description', (_, { about }) => {
  expect(about).not.toBe('')
})

describe('without a chat template', () => {
  it('raw is the question', () => {
    expect(raw.create(null)(question)).toBe('What is 6 * 7?')
    expect(raw.create(null)(chat)).toBe('Be brief.\n\nWhat is 6 * 7?')
  })

  it('boxed is the question and the instruction', () => {
    expect(boxed.create(null)(question)).toBe(`What is 6 * 7?\n${instruction}`)
    expect(boxed.create(null)(chat)).toBe(`Be brief.\n\nWhat is 6 * 7?\n${instruction}`)
  })
})

describe('with the chat template of Qwen3', async () => {
  const template = orThrow((await opened('qwen3')).chatTemplate)

  it('raw is the chat', () => {
    expect(raw.create(template)(chat)).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 6 * 7?<|im_end|>\n<|im_start|>assistant\n',
    )
  })

  it('boxed is the chat with the instruction in its last message', () => {
    expect(boxed.create(template)(chat)).toBe(
      `<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 6 * 7?\n${instruction}<|im_end|>\n<|im_start|>assistant\n`,
    )
  })
})

describe.each([['without'], ['with']])('qwen-math, %s a chat template', (given) => {
  const template = qwenMath.create(given === 'with' ? () => 'something else' : null)

  it("has Qwen2.5-Math's system prompt and form", () => {
    expect(template(question)).toBe(
      `<|im_start|>system\n${instruction}<|im_end|>\n<|im_start|>user\nWhat is 6 * 7?<|im_end|>\n<|im_start|>assistant\n`,
    )
  })

  it('keeps the system prompt of the messages', () => {
    expect(template(chat)).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is 6 * 7?<|im_end|>\n<|im_start|>assistant\n',
    )
  })
})
