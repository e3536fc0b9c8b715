import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
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

  it('tells a template that asks for the date that there is none', () => {
    const template = '{% if strftime_now is defined %}{{ strftime_now("%Y") }}{% else %}{{ date_string }}{% endif %}'
    expect(rendered(template, {}, { date_string: '26 Jul 2024' })).toBe('26 Jul 2024')
  })

  it('formats the date of the variable strftime_now', () => {
    const template = '{{ strftime_now("%d %B %Y, %A %-d.%-m. %H:%M:%S %%") }}|{{ strftime_now is defined }}'
    const own = { strftime_now: '2026-02-03T04:05:06Z' }
    expect(rendered(template, {}, own)).toBe('03 February 2026, Tuesday 3.2. 04:05:06 %|true')
    expect(rendered(template, own)).toBe('03 February 2026, Tuesday 3.2. 04:05:06 %|true')
    expect(() => rendered(template, {}, { strftime_now: 'today' })).toThrow(
      'strftime_now: found "today", expected a date, such as 2026-11-30',
    )
    expect(() => rendered('{{ strftime_now("%Q") }}', {}, own)).toThrow('strftime_now: found %Q, expected one of %Y')
  })

  it('gives a template that requires the date the current one', () => {
    const template = '{% if strftime_now is defined %}asked{% endif %}{{ strftime_now("%Y-%j %y %b %a %I %p %F") }}'
    const render = orThrow(chatTemplate({ template, now: new Date('2026-12-31T13:00Z') }))
    expect(render(question)).toBe('2026-365 26 Dec Thu 01 PM 2026-12-31')
    expect(render(question, { strftime_now: '2027-01-01' })).toBe('asked2027-001 27 Jan Fri 12 AM 2027-01-01')
  })

  it.each([
    [
      '{{ strftime_now("%Y") }}',
      'found a call of strftime_now, expected a date for it: the template variable strftime_now',
    ],
    ['{{ lipsum(3) }}', 'found a call of lipsum, expected a function: namespace, range'],
    ['{% for m in messages %}{{ m.content.splitlineses() }}{% endfor %}', 'found a call of m.content.splitlineses,'],
    ['{% macro f() %}{{ g(1) }}{% endmacro %}{{ f() }}', 'found a call of g,'],
    ['{{ constructor() }}', 'found a call of constructor,'],
    ['{{ "a" | wordwrap }}', 'found filter wordwrap of string, expected a filter of it: abs'],
    ['{{ [1] | batch(2) }}', 'found filter batch of array,'],
    ['{{ none | trim }}', 'found filter trim of null,'],
    ['{{ messages[0] | constructor }}', 'found filter constructor of object,'],
    ['{% if 3 is prime %}{% endif %}', 'found test prime, expected a test: boolean'],
    ['{{ 1 + none }}', 'expected a template that renders these messages'],
  ])('names what a template uses and does not exist here: %s', (template, message) => {
    const render = orThrow(chatTemplate({ template, file: 'model/chat_template.jinja' }))
    expect(() => render(question)).toThrow(`model/chat_template.jinja: `)
    expect(() => render(question)).toThrow(message)
  })

  it('renders a template that has such a call in a branch that is not taken', () => {
    expect(rendered('{% if tools is defined %}{{ render(tools) }}{% endif %}x')).toBe('x')
    expect(rendered('{{ tools | tojson }}', {}, { tools: [{ é: 1, b: [true, null] }] })).toBe(
      '[{"é": 1, "b": [true, null]}]',
    )
  })

  it('throws what a template raises', () => {
    expect(() => rendered("{{ raise_exception('no system messages') }}")).toThrow(
      new CheckpointError(
        'chat template',
        'messages that the template refuses: no system messages',
        'messages that it takes',
      ),
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
    expect(failure(template)).toMatch(/^CheckpointError: models\/a\/chat_template.jinja: found .*, expected at most /)
  })

  it('may loop over many messages', () => {
    const template = '{% for m in messages %}{{ m.role }}: {{ m.content|trim }}\n{% endfor %}'
    const many = Array.from({ length: 5000 }, () => ({ role: 'user', content: 'so? '.repeat(50) }))
    expect(orThrow(chatTemplate({ template }))(many)).toHaveLength(5000 * 206)
  })
})
