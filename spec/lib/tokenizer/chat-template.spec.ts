import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { chatTemplate, type ChatVariables } from '#lib/tokenizer/chat-template.js'
import { golden, models, opened, orThrow } from './golden.js'

describe.each(models)('the chat template of %s', async (model) => {
  const template = orThrow((await opened(model)).chatTemplate)

  it.each(golden(model).chats.map((chat, n) => ({ n, ...chat })))(
    'renders conversation $n as the reference does',
    ({ messages, variables, text }) => {
      expect(template(messages, variables)).toBe(text)
    },
  )
})

const question = [{ role: 'user', content: 'so?' }]
const rendered = (template: string, variables: ChatVariables = {}, own: ChatVariables = {}) =>
  orThrow(chatTemplate({ template, variables }))(question, own)

describe('chatTemplate', () => {
  it('ends with the beginning of an answer by default', () => {
    const template = '{{ messages[0].content }}{% if add_generation_prompt %} A:{% endif %}'
    expect(rendered(template)).toBe('so? A:')
    expect(rendered(template, {}, { add_generation_prompt: false })).toBe('so?')
  })

  it('has fixed variables, which those of one rendering override', () => {
    expect(rendered('{{ a }}{{ b }}', { a: 1, b: 2 }, { b: 3 })).toBe('13')
  })

  it('drops the line breaks and indents of statements', () => {
    expect(rendered('  {% if true %}\n  x\n  {% endif %}\ny')).toBe('  x\ny')
  })

  it('has a range that counts as in Python', () => {
    expect(rendered('{% for i in range(3) %}{{ i }}{% endfor %}')).toBe('012')
    expect(rendered('{% for i in range(5, 0, -2) %}{{ i }} {% endfor %}')).toBe('5 3 1 ')
    expect(rendered('{% for i in range(3, 3) %}{{ i }}{% endfor %}')).toBe('')
  })

  it('has no access to the date', () => {
    const template = '{% if strftime_now is defined %}{{ strftime_now("%Y") }}{% else %}{{ date_string }}{% endif %}'
    expect(rendered(template, {}, { date_string: '26 Jul 2024' })).toBe('26 Jul 2024')
  })

  it('throws what a template raises', () => {
    expect(() => rendered("{{ raise_exception('no system messages') }}")).toThrow(
      new RangeError('messages: no system messages'),
    )
  })

  it('names the file without a template', () => {
    const found = chatTemplate({ template: '{% if %}', file: 'model/chat_template.jinja' })
    expect(found).toMatchObject(E.left({ place: 'model/chat_template.jinja', expected: 'a template in Jinja' }))
  })
})

describe('a chat template that takes too long', () => {
  const failure = (template: string) => {
    const render = orThrow(chatTemplate({ template, file: 'models/a/chat_template.jinja' }))
    try {
      return `rendered ${render(question).length} characters`
    } catch (error) {
      return String(error)
    }
  }
  const loops = (depth: number) => '{% for i in range(10) %}'.repeat(depth) + '{% endfor %}'.repeat(depth)

  it.each([
    ['a long range', '{% for i in range(1000000000) %}x{% endfor %}'],
    ['a range without an end', '{% for i in range(1, 5, 0) %}x{% endfor %}'],
    ['nested loops', loops(12)],
    ['nested loops over a list', '{% set a = range(99999) %}{% for i in a %}{% for j in a %}{% endfor %}{% endfor %}'],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    [
      'a text that doubles',
      '{% set n = namespace(s="ab") %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}',
    ],
    [
      'a list that doubles',
      '{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s|length }}',
    ],
    ['a wide indentation', '{{ "x"|indent(1000000000) }}'],
  ])('ends at a limit and names its file: %s', (_, template) => {
    expect(failure(template)).toMatch(/^RangeError: models\/a\/chat_template.jinja: found .*, expected at most /)
  })

  it('may loop over many messages', () => {
    const template = '{% for m in messages %}{{ m.role }}: {{ m.content|trim }}\n{% endfor %}'
    const many = Array.from({ length: 5000 }, () => ({ role: 'user', content: 'so? '.repeat(50) }))
    expect(orThrow(chatTemplate({ template }))(many)).toHaveLength(5000 * 206)
  })
})
