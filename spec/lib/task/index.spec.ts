import { describe, expect, it } from 'vitest'
import { tasks } from '#lib/task/index.js'

describe.each(Object.entries(tasks))('task %s', (name, { create, about }) => {
  const task = create()

  it('has its name and a description', () => {
    expect(task.name).toBe(name)
    expect(about).not.toBe('')
  })

  it('has prompts in every split', () => {
    for (const split of ['train', 'tune', 'test'] as const) {
      for (const { text, tokens } of task.prompts(split, 1)) {
        expect(task.tokenizer.decode(tokens)).toBe(text)
        break
      }
    }
  })

  it('has demonstrations that end and are not longer than its limit', () => {
    const { tokens } = task.demonstrations(1)(0)
    expect(tokens.at(-1)).toBe(task.tokenizer.ends[0])
    expect(tokens.length).toBeLessThanOrEqual(task.maxTokens)
  })
})

it('each task has a vocabulary of another size, so that the vocabulary of a model names its task', () => {
  const sizes = Object.values(tasks).map(({ create }) => create().tokenizer.vocabulary)
  expect(new Set(sizes).size).toBe(sizes.length)
})
