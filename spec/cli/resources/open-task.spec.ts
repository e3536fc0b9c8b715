import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { trainDefaults } from '#cli/config/train-config.js'
import { type NamedModel, openModel } from '#cli/resources/open-model.js'
import { openTask, textOf } from '#cli/resources/open-task.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { writeQuestions, writeTinyLanguageModel } from '../tiny-language-model.js'

const orThrow = <A>(found: E.Either<Error, A>): A => {
  if (E.isLeft(found)) throw found.left
  return found.right
}
const messageOf = (found: E.Either<Error, unknown>) => E.isLeft(found) && found.left.message

let folder: string
let model: NamedModel
beforeEach(async () => {
  folder = join(await temporaryFolder(), 'model')
  await writeTinyLanguageModel(folder)
  model = orThrow(await openModel(folder, { adapter: null, seed: 0 }, () => {})())
})

/** Changes a JSON file of the model. */
const change = async (name: string, fields: object) => {
  const file = join(folder, name)
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), ...fields }))
}
const withTemplate = (template: string) => writeFile(join(folder, 'chat_template.jinja'), template)
const withoutTemplate = () => change('tokenizer_config.json', { chat_template: undefined })
const beginsTexts = () => change('tokenizer_config.json', { bos_token: '<|im_start|>', add_bos_token: true })

/** First prompt of task math. */
const prompt = async (template: 'raw' | 'boxed' | 'qwen-math', templateVariables = {}) => {
  const file = join(folder, 'train.jsonl')
  await writeQuestions(file)
  const settings = { ...trainDefaults, task: 'math' as const, templateVariables }
  const data = { ...settings.data, train: [file], template }
  const { task, close } = orThrow(await openTask({ ...settings, data, maxTokens: 8 }, model)())
  try {
    for await (const first of task.prompts('train', 0)) return first
    throw new Error('there was no prompt')
  } finally {
    await close()
  }
}
const BEGIN = 256

describe('template variables', () => {
  it('reach the prompts of a task, and the texts of a conversation', async () => {
    await withTemplate('{{ messages[0].content }}{{ " /no_think" if enable_thinking is false }}')
    const { text } = await prompt('raw', { enable_thinking: false })
    expect(text).toMatch(/^What is .*\? \/no_think$/)
    expect((await prompt('raw')).text).toMatch(/^What is .*\?$/)
    const { chat } = orThrow(await textOf(model, { enable_thinking: false })())
    expect(chat!([{ role: 'user', content: 'so' }])).toBe('so /no_think')
  })

  it('are refused for a model without a chat template, and for a task that has none', async () => {
    await withoutTemplate()
    const expected = 'templateVariables: found thinking, expected none, because'
    expect(messageOf(await textOf(model, { thinking: 1 })())).toBe(`${expected} ${folder} has no chat template`)
    const settings = { ...trainDefaults, templateVariables: { thinking: 1 } }
    expect(messageOf(await openTask(settings, model)())).toBe(`${expected} task countdown has no chat template`)
  })
})

describe('the chat template of a model', () => {
  it('gets the date of today if it requires one', async () => {
    await withTemplate('{{ strftime_now("%Y-%m-%d") }}')
    const { chat } = orThrow(await textOf(model, {})())
    expect(chat!([])).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(orThrow(await textOf(model, { strftime_now: '2026-11-30' })()).chat!([])).toBe('2026-11-30')
  })

  it('is an error if it is faulty, and none if it is missing', async () => {
    await withTemplate('{% nonsense %}')
    expect(messageOf(await textOf(model, {})())).toContain(join(folder, 'chat_template.jinja'))
    await withTemplate('{{ lipsum(1) }}')
    await expect(prompt('raw')).rejects.toThrow(
      `${join(folder, 'chat_template.jinja')}: found a call of lipsum, expected a function`,
    )
  })
})

describe('the token that begins a text', () => {
  it('begins a prompt without a chat template', async () => {
    await withoutTemplate()
    expect((await prompt('raw')).tokens[0]).not.toBe(BEGIN)
    await beginsTexts()
    const { tokens, text } = await prompt('boxed')
    expect(tokens.filter((token) => token === BEGIN)).toEqual([BEGIN])
    expect([tokens[0], text.startsWith('What is')]).toEqual([BEGIN, true])
  })

  it('is not added to a chat template, which may write it', async () => {
    await beginsTexts()
    await withTemplate('{{ bos_token }}{{ messages[0].content }}')
    expect((await prompt('raw')).tokens.filter((token) => token === BEGIN)).toEqual([BEGIN])
    await withTemplate('{{ messages[0].content }}')
    expect((await prompt('raw')).tokens).not.toContain(BEGIN)
  })

  it('begins a prompt in a form of its own', async () => {
    await change('tokenizer_config.json', { bos_token: '<|im_end|>', add_bos_token: true })
    expect((await prompt('qwen-math')).tokens.slice(0, 2)).toEqual([BEGIN + 1, BEGIN])
  })
})
