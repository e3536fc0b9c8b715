import * as E from 'fp-ts/lib/Either.js'
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import { formatValue, foundAndExpected } from '../../lib/codec/describe-errors.js'
import { ConfigError } from './config-error.js'

/** Contents of a YAML file. */
interface YamlValue {
  /** Plain data; undefined for a file without a value. */
  readonly value: unknown
  /** Returns the line of the value at a path, or of the nearest value around it. */
  readonly lineOf: (path: readonly string[]) => number
}

/** Maximum number of values in a file. Aliases of aliases can stand for any number of values. */
const MAX_VALUES = 100_000

/** Maximum depth of mappings and lists in each other. */
const MAX_DEPTH = 100

/** Key whose value is a mapping, or a list of them, that fills in fields of the mapping around it. */
const MERGE = '<<'

/**
 * Reads a YAML file as plain data. Aliases and merge keys are replaced by what they stand for.
 *
 * @errors ConfigError naming file and line: a syntax error, a second document, an unknown tag, an alias without an anchor, an
 * alias of a value that contains it, a field that is given twice, a key that is no text, too many values, too deep nesting
 */
export const readYaml = (file: string, source: string): E.Either<ConfigError, YamlValue> =>
  E.tryCatch(
    () => {
      checkDepth(file, depthOf(source))
      const lines = new LineCounter()
      const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line)
      const document = parseDocument(source, {
        lineCounter: lines,
        prettyErrors: false,
        schema: 'core',
        uniqueKeys: false,
      })
      const problems = [...document.errors, ...document.warnings].map(
        (error) => `${file}:${lineAt(error.pos[0])}: ${describeSyntax(error)}`,
      )
      if (problems.length > 0) throw new ConfigError(problems)
      return new YamlReader(file, lineAt, document).read()
    },
    (cause) => (cause instanceof ConfigError ? cause : new ConfigError([`${file}: ${TOO_DEEP}`])),
  )

const checkDepth = (file: string, depth: number): void => {
  if (depth > MAX_DEPTH)
    throw new ConfigError([`${file}: ${foundAndExpected(depth, `at most ${MAX_DEPTH} brackets in each other`)}`])
}

/** Returns an upper bound of the depth of brackets, because the parser overflows the stack on a file of brackets only. */
const depthOf = (source: string): number => {
  let [depth, deepest] = [0, 0]
  for (const character of source) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    if (character === ']' || character === '}') depth--
  }
  return deepest
}

const describeSyntax = ({ code, message }: YAMLError): string => {
  if (code === 'MULTIPLE_DOCS') return 'found a second document, expected one'
  // The parser reports its own stack overflow as an error of the file.
  return message.startsWith('Maximum call stack') ? TOO_DEEP : message
}

const TOO_DEEP = `found too many mappings and lists in each other, expected at most ${MAX_DEPTH}`

type Path = readonly string[]

/** Converts the nodes of a document to plain data, and remembers their lines. */
class YamlReader {
  readonly #lines = new Map<string, number>()
  readonly #open = new Set<Node>()
  readonly #anchors: ReadonlyMap<Alias, Node>
  #values = 0

  constructor(
    private readonly file: string,
    private readonly lineAt: (offset: number) => number,
    private readonly document: Document.Parsed,
  ) {
    this.#anchors = anchorsOf(document)
  }

  read(): YamlValue {
    const { contents } = this.document
    const value = contents === null ? undefined : this.#value(contents, [])
    return { value, lineOf: (path) => this.#lineOf(path) }
  }

  #lineOf(path: Path): number {
    for (let length = path.length; length >= 0; length--) {
      const line = this.#lines.get(JSON.stringify(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return 1
  }

  #value(node: Node | null, path: Path): unknown {
    if (node === null) return null
    this.#lines.set(JSON.stringify(path), this.#line(node))
    if (++this.#values > MAX_VALUES)
      throw this.#problem(node, path, `found more than ${MAX_VALUES} values by way of aliases, expected fewer`)
    if (path.length > MAX_DEPTH) throw this.#problem(node, path, TOO_DEEP)
    if (isAlias(node)) return this.#value(this.#target(node, path), path)
    if (isScalar(node)) {
      if (typeof node.value !== 'object' || node.value === null) return node.value
      throw this.#problem(
        node,
        path,
        `found a value of tag ${node.tag}, expected a text, a number, true, false or null`,
      )
    }
    return this.#inside(node, () => {
      if (isMap(node)) return Object.fromEntries(this.#fields(node, path))
      if (isSeq(node)) return node.items.map((item, i) => this.#value(item as Node | null, [...path, String(i)]))
      throw this.#problem(node, path, 'found a value of an unknown kind, expected a mapping, a list or a single value')
    })
  }

  #inside<A>(node: Node, read: () => A): A {
    this.#open.add(node)
    const value = read()
    this.#open.delete(node)
    return value
  }

  #target(alias: Alias, path: Path): Node {
    const node = this.#anchors.get(alias)
    if (node === undefined)
      throw this.#problem(alias, path, `found *${alias.source}, expected the name of an anchor above it`)
    if (this.#open.has(node))
      throw this.#problem(alias, path, `found *${alias.source}, which contains itself, expected a value that ends`)
    return node
  }

  /** Returns the fields of a mapping. Its own fields replace those of a merge key, wherever that stands. */
  #fields(map: YAMLMap, path: Path): ReadonlyMap<string, unknown> {
    const [own, merged] = [new Map<string, unknown>(), new Map<string, unknown>()]
    const lines = new Map<string, number>()
    const pairs = map.items.map(({ key, value }) => ({ key: key as Node | null, value: value as Node | null }))
    const isMerge = ({ key }: (typeof pairs)[number]) => isScalar(key) && key.value === MERGE && key.type === 'PLAIN'
    // Merged fields come first, so that the line of a field that replaces one is its own.
    for (const { key, value } of pairs.filter(isMerge))
      for (const [name, field] of this.#merged(key ?? map, value, path)) if (!merged.has(name)) merged.set(name, field)
    for (const pair of pairs.filter((each) => !isMerge(each))) {
      const name = this.#name(pair.key ?? map, path)
      const line = this.#line(pair.key ?? map)
      const before = lines.get(name)
      const at = [...path, name]
      if (before !== undefined)
        throw this.#problem(pair.key ?? map, at, `found it twice, first in line ${before}, expected it once`)
      lines.set(name, line)
      own.set(name, this.#value(pair.value, at))
      this.#lines.set(JSON.stringify(at), line)
    }
    return new Map([...merged, ...own])
  }

  #merged(key: Node, value: Node | null, path: Path): ReadonlyMap<string, unknown> {
    const node = isAlias(value) ? this.#target(value, path) : value
    if (isMap(node)) return this.#inside(node, () => this.#fields(node, path))
    if (isSeq(node)) {
      const all = node.items.map((item) => this.#inside(node, () => this.#merged(key, item as Node | null, path)))
      // If several mappings have a field, the first of them sets it.
      return new Map(all.toReversed().flatMap((fields) => [...fields]))
    }
    throw this.#problem(key, [...path, MERGE], 'found a single value, expected a mapping, or a list of mappings')
  }

  #name(key: Node, path: Path): string {
    if (isScalar(key) && typeof key.value === 'string') return key.value
    const found = isScalar(key) ? formatValue(key.value) : 'no text'
    throw this.#problem(key, path, `found the key ${found}, expected the name of a field`)
  }

  #line(node: Node): number {
    return this.lineAt(node.range?.[0] ?? 0)
  }

  #problem(node: Node, path: Path, message: string): ConfigError {
    const field = path.length === 0 ? '' : `${path.join('.')}: `
    return new ConfigError([`${this.file}:${this.#line(node)}: ${field}${message}`])
  }
}

/** Finds the node of each alias: the last one above it with its anchor. */
const anchorsOf = (document: Document.Parsed): ReadonlyMap<Alias, Node> => {
  const anchors = new Map<string, Node>()
  const found = new Map<Alias, Node>()
  visit(document, {
    Alias: (_, alias) => {
      const node = anchors.get(alias.source)
      if (node !== undefined) found.set(alias, node)
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return found
}
