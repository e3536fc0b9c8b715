import { bytesOfText } from '../fuzz-decoder.js'
import type { Draw, Mutate } from './draw.js'

/** Texts of JSON, YAML and numbers that readers do not like at every place. */
const PIECES = [
  ...['[', ']', '{', '}', '"', "'", '\\', ':', ',', '\n', '\r', '\t', '\u0000', '\u2028', '\ufeff', '\ud83d', 'é'],
  ...[
    '1e999',
    '-1',
    '0',
    '-0',
    '0.5',
    '99999999999999999999',
    'NaN',
    'null',
    'true',
    '[[[[[[[[',
    '{"a":',
    '\\u0000',
    '\\ud800',
  ],
]

/** Texts of the grammar of YAML. */
const YAML = [
  ...['&a ', '*a', '<<: *a', '<<: [*a, *a]', '!!binary aGk=', '!!set {a}', '!!omap [a: 1]', '!!timestamp 2020-01-01'],
  ...[
    '!!float 1',
    '!tag x',
    '? [a]\n: b',
    '? ',
    '---\n',
    '...\n',
    '%YAML 1.9\n',
    '%TAG ! x\n',
    '|+2\n',
    '>-\n',
    '@',
    '`',
  ],
  ...[
    '"\\x',
    "''",
    '- - - - ',
    '{a: {b: ',
    '[[[[',
    '0x7fffffffffffffff',
    '0o17',
    '1_000',
    '.inf',
    '-.inf',
    '.nan',
    '~',
  ],
  ...[
    'yes',
    'null',
    '# ',
    ': ',
    'a: &a [*a]',
    'a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n',
  ],
  ...[
    '__proto__: ',
    'constructor: ',
    'toString: 1\n',
    '"": 1\n',
    '1: 2\n',
    'null: 1\n',
    '- '.repeat(300),
    '['.repeat(99),
  ],
]

/** Texts of the grammar of Jinja, and calls that build much from little. */
const JINJA = [
  ...[
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '{%- ',
    ' -%}',
    '(',
    ')',
    '[',
    ']',
    '.',
    '|',
    ',',
    '~',
    '*',
    '//',
    '%',
    '**',
    '==',
    'in',
  ],
  ...[
    'not ',
    'is defined',
    'is string',
    ' if true else 1',
    '[0]',
    '[-1]',
    '[::-1]',
    '[1:999999999]',
    '[99999999]',
    '[none]',
  ],
  ...[
    '["__proto__"]',
    '.constructor',
    '.prototype',
    '.length',
    '.items()',
    '.split("")',
    '.strip()',
    '.upper()',
    '.get("x")',
  ],
  ...[
    '.format(1)',
    '|length',
    '|tojson',
    '|tojson(indent=999999)',
    "|join('x')",
    '|list',
    '|string',
    '|sort',
    '|unique',
  ],
  ...[
    "|map(attribute='role')",
    "|selectattr('role', 'equalto', 'user')",
    '|replace("", "xxxxxxxx")',
    '|indent(1000000)',
  ],
  ...[
    '|first',
    '|int',
    '|float',
    '|abs',
    '|items',
    '|dictsort',
    '|title',
    '|default(1)',
    '|nothing',
    '|safe',
    '|reverse',
  ],
  ...['{% for i in range(1000000) %}{{ i }}{% endfor %}', '{% for i in range(-1, 99999999999, 1) %}', 'range(0, 5, 0)'],
  ...['{% for a in messages %}{% for b in messages %}', '{% endfor %}', '{% if true %}', '{% else %}', '{% endif %}'],
  ...[
    '{% set x = x ~ x %}',
    '{% set x = "xxxxxxxxxxxxxxxxxxxx" * 100000 %}',
    '{% set ns = namespace(a=1) %}',
    '{% set ns.a = ns %}',
  ],
  ...[
    '{% macro m(a) %}{{ m(a) }}{% endmacro %}{{ m(1) }}',
    '{% call m(1) %}',
    '{% generation %}',
    '{% break %}',
    '{% raw %}',
  ],
  ...[
    '{{ raise_exception("no") }}',
    '{{ raise_exception() }}',
    '{{ strftime_now("%Q") }}',
    '{{ strftime_now() }}',
    '{{ messages * 1000 }}',
  ],
  ...[
    '{{ messages[0].content * 999999 }}',
    '{{ {}["a"]["b"] }}',
    '{{ none.a }}',
    '{{ 1/0 }}',
    '{{ 1%0 }}',
    '{{ -"a" }}',
    '{{ [1,2][5] }}',
  ],
  ...[
    '{{ "a" < 1 }}',
    '{{ "%s" % 1 }}',
    '{{ {1: 2} }}',
    '{{ (1, 2) }}',
    '{{ loop.index }}',
    '{{ loop }}',
    '{{ self }}',
    '{{ range }}',
  ],
  ...[
    '{{ ((((((((((1)))))))))) }}',
    `{{ ${'('.repeat(3000)}1${')'.repeat(3000)} }}`,
    `{{ ${'-'.repeat(3000)}1 }}`,
    `{{ ${'['.repeat(3000)} }}`,
  ],
  ...[
    `{% if true %}${'{% if true %}'.repeat(900)}${'{% endif %}'.repeat(901)}`,
    "{{ 'a'|",
    '{{ a is',
    '{{ "',
    "{% set x = '",
  ],
]

/** How often a part of a text is repeated. */
const COUNTS = [2, 3, 10, 100, 1000]
/** Largest text that repetitions make. @units bytes */
const MAX_TEXT = 2 ** 16

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Changes a text between two places. */
const spliced = (text: string, at: number, removed: number, piece: string): Uint8Array =>
  bytesOfText(text.slice(0, at) + piece + text.slice(at + removed))

const insertOneOf =
  (pieces: readonly string[]): Mutate =>
  ({ bytes, draw }) => {
    const text = decoded(bytes)
    return spliced(text, draw.below(text.length + 1), draw.below(2) * draw.below(8), draw.pick(pieces))
  }

/** Replaces one of the parts that match a pattern. */
const replaceMatch =
  (pattern: RegExp, by: (found: string, draw: Draw, all: readonly string[]) => string): Mutate =>
  ({ bytes, draw }) => {
    const text = decoded(bytes)
    const found = [...text.matchAll(pattern)]
    if (found.length === 0) return null
    const { index, 0: part } = draw.pick(found)
    return spliced(
      text,
      index,
      part.length,
      by(
        part,
        draw,
        found.map(([each]) => each),
      ),
    )
  }

const NUMERALS = [
  '0',
  '-1',
  '1',
  '2',
  '1e308',
  '1e999',
  '-1e999',
  '0.1',
  '1e-400',
  '4294967296',
  '9007199254740993',
  '999999999',
  '1e',
]

/** Changes of any text. */
export const textMutations: Readonly<Record<string, Mutate>> = {
  'insert a piece': insertOneOf(PIECES),
  'replace a numeral': replaceMatch(/-?\d+(\.\d+)?/g, (_, draw) => draw.pick(NUMERALS)),
  'replace a word by another': replaceMatch(/\w+/g, (_, draw, all) => draw.pick(all)),
  'repeat a part': ({ bytes, draw }) => {
    const text = decoded(bytes)
    const at = draw.below(text.length)
    const part = text.slice(at, at + 1 + draw.below(40))
    const count = Math.min(draw.pick(COUNTS), Math.floor(MAX_TEXT / Math.max(1, part.length)))
    return spliced(text, at, 0, part.repeat(count))
  },
}

const linesMutation =
  (change: (lines: readonly string[], at: number, draw: Draw) => readonly string[]): Mutate =>
  ({ bytes, draw }) => {
    const lines = decoded(bytes).split('\n')
    return bytesOfText(change(lines, draw.below(lines.length), draw).join('\n'))
  }

/** Changes of texts whose lines mean something. */
export const lineMutations: Readonly<Record<string, Mutate>> = {
  'drop a line': linesMutation((lines, at) => lines.toSpliced(at, 1)),
  'double a line': linesMutation((lines, at, draw) => lines.toSpliced(draw.below(lines.length), 0, lines[at]!)),
  'cut a line': linesMutation((lines, at, draw) => lines.with(at, lines[at]!.slice(0, draw.below(lines[at]!.length)))),
}

/** Changes of YAML. */
export const yamlMutations: Readonly<Record<string, Mutate>> = {
  'insert a piece of YAML': insertOneOf(YAML),
  'replace a value': replaceMatch(/(?<=: ).+/g, (_, draw) => draw.pick([...YAML, ...NUMERALS, ...PIECES])),
  'replace a key': replaceMatch(/\w+(?=:)/g, (_, draw, all) =>
    draw.pick([...all, '__proto__', 'toString', '""', '1', '<<']),
  ),
  'indent a line': linesMutation((lines, at, draw) =>
    lines.with(at, draw.pick(['  ', '\t', ' ', '- ', '? ']) + lines[at]!),
  ),
}

/** Changes of Jinja. */
export const jinjaMutations: Readonly<Record<string, Mutate>> = {
  'insert a piece of Jinja': insertOneOf(JINJA),
  'replace a tag': replaceMatch(/\{[{%#].*?[}%#]\}/gs, (_, draw, all) => draw.pick([...all, ...JINJA])),
  'drop a tag': replaceMatch(/\{[{%#].*?[}%#]\}/gs, () => ''),
  'insert in a tag': replaceMatch(/(?<=\{[{%#][^}]*)\b\w+\b(?=[^{]*[}%#]\})/g, (word, draw) => word + draw.pick(JINJA)),
}
