import { bytesOfText } from '../fuzz-decoder.js'
import type { Draw, Mutate } from './draw.js'

/** Value of JSON in a tree that is changed in place. */
type Tree = Record<string, unknown> | unknown[]

const deep = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels)

/** JSON texts that a field is replaced by: other types, extreme numbers, long texts, deep nesting, and texts that are no JSON. */
const VALUES = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1', '0.5', '3', '1e308', '-1e308', '1e999', '5e-324', '2147483648'],
  ...['4294967296', '9007199254740993', '99999999999999999999', '"1"', '""', '" "', '"\\u0000"', '"\\ud800"', '"é"'],
  ...[
    '"__proto__"',
    '"constructor"',
    '"../../../etc/passwd"',
    '"%s"',
    '"(a+)+$"',
    '"\\\\"',
    '[]',
    '{}',
    '[[]]',
    '[null]',
  ],
  ...['{"":0}', '{"__proto__":{"x":1}}', '{"constructor":null}', '{"toString":1}', '{"length":1e9}', '[1,2,3]'],
  ...['NaN', 'undefined', "'a'", '01', '[1,]', '//', '"\\x"', deep('[', ']', 70), deep('{"a":', '}', 30)],
  ...[deep('[', ']', 5000), `"${'a'.repeat(20_000)}"`, `[${'0,'.repeat(5000)}0]`],
]

/** Names that a field gets. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'then',
  '',
  ' ',
  '0',
  '-1',
  '\u0000',
]

/** Text in a tree that stands for JSON text, which is put there after the tree is written. */
const RAW = '@@raw@@'
/** Beginning of a name in a tree that stands for a name which occurs twice. */
const TWICE = '@@twice@@'

/** Changes one field of a JSON text. Null for a text that is no JSON, or that an earlier change has nested too deeply to be written. */
export const mutatedJson = (text: string, draw: Draw): string | null => {
  try {
    const holder = [JSON.parse(text) as unknown]
    const [parent, key] = chooseField(holder, draw)
    const raw = draw.pick(changes)(parent, key, draw)
    const written = JSON.stringify(holder[0]) as string | undefined
    return written?.replace(`"${RAW}"`, () => raw ?? 'null').replace(`"${TWICE}`, '"') ?? null
  } catch {
    return null
  }
}

/** Chooses a field by a walk from the root, so that a large vocabulary does not hide the other fields. */
const chooseField = (holder: unknown[], draw: Draw): readonly [parent: Tree, key: string] => {
  let [parent, key]: [Tree, string] = [holder, '0']
  for (;;) {
    const value: unknown = (parent as Record<string, unknown>)[key]
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
    if (keys.length === 0 || draw.below(5) === 0) return [parent, key]
    ;[parent, key] = [value as Tree, draw.pick(keys)]
  }
}

/** Changes a field in place. Returns the JSON text that {@link RAW} stands for. */
type Change = (parent: Tree, key: string, draw: Draw) => string | undefined

const replace: Change = (parent, key, draw) => {
  ;(parent as Record<string, unknown>)[key] = RAW
  return draw.pick(VALUES)
}

const drop: Change = (parent, key) => {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else Reflect.deleteProperty(parent, key)
  return undefined
}

const double: Change = (parent, key, draw) => {
  if (Array.isArray(parent)) {
    parent.push(...Array.from({ length: draw.pick([1, 2, 50]) }, () => parent[Number(key)]))
    return undefined
  }
  parent[TWICE + key] = draw.below(2) === 0 ? parent[key] : RAW
  return draw.pick(VALUES)
}

const rename: Change = (parent, key, draw) => {
  if (Array.isArray(parent)) return undefined
  // The marker keeps __proto__ an ordinary field until the tree is written.
  parent[TWICE + draw.pick([...NAMES, ...Object.keys(parent)])] = parent[key]
  Reflect.deleteProperty(parent, key)
  return undefined
}

const swap: Change = (parent, key, draw) => {
  const fields = parent as Record<string, unknown>
  const other = draw.pick(Object.keys(fields))
  ;[fields[key], fields[other]] = [fields[other], fields[key]]
  return undefined
}

const wrap: Change = (parent, key, draw) => {
  const fields = parent as Record<string, unknown>
  fields[key] = draw.below(2) === 0 ? [fields[key]] : { [draw.pick(NAMES.slice(1))]: fields[key] }
  return undefined
}

const scale: Change = (parent, key, draw) => {
  const fields = parent as Record<string, unknown>
  const value = fields[key]
  if (typeof value === 'number')
    fields[key] = draw.pick([-value, value + 1, value - 1, value / 2, value * 1000, value * 1e300])
  else if (typeof value === 'string')
    fields[key] = draw.pick([value.repeat(2), value.slice(1), value.toUpperCase(), `${value} `])
  else if (typeof value === 'boolean') fields[key] = !value
  return undefined
}

const changes: readonly Change[] = [replace, replace, replace, drop, double, rename, swap, wrap, scale, scale]

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Changes of JSON as a whole. */
export const jsonMutations: Readonly<Record<string, Mutate>> = {
  'change a field': ({ bytes, draw }) => {
    const text = mutatedJson(decoded(bytes), draw)
    return text === null ? null : bytesOfText(text)
  },
  'replace the value': ({ draw }) => bytesOfText(draw.pick(VALUES)),
}

/** Changes of one of the lines of JSON lines. */
export const jsonLinesMutations: Readonly<Record<string, Mutate>> = {
  'change a field of a line': ({ bytes, draw }) => {
    const lines = decoded(bytes).split('\n')
    const at = draw.below(lines.length)
    const line = mutatedJson(lines[at]!, draw)
    return line === null ? null : bytesOfText(lines.with(at, line).join('\n'))
  },
  'replace a line': ({ bytes, draw }) => {
    const lines = decoded(bytes).split('\n')
    return bytesOfText(lines.with(draw.below(lines.length), draw.pick(VALUES)).join('\n'))
  },
}
