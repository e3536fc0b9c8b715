/** Deepest nesting of groups and longest text of a pattern. Published patterns have two levels and 300 characters. */
const [MAX_GROUPS, MAX_LENGTH] = [16, 10_000]

/** Largest number of repetitions that counts as bounded. */
const FEW = 64

/** Part of a pattern with its quantifier. */
interface Piece {
  /** Text without the quantifier. */
  readonly text: string
  readonly kind: 'character' | 'assertion' | 'group'
  /** Alternatives of a group or of a lookaround; empty for the rest. */
  readonly alternatives: readonly (readonly Piece[])[]
  readonly min: number
  readonly max: number
}

/**
 * Returns whether a regular expression that splits a text takes a number of steps that grows only linearly with the text, for
 * every text. Those of published byte-level tokenizers do. The rules are sufficient, not necessary:
 *
 * 1. only a single character (a letter, a class, an escape) is repeated without limit, because `(a+)+` and `(a|a)*` have
 *    exponentially many ways to match;
 * 2. an alternative has at most two unlimited repetitions, and after the second nothing can fail;
 * 3. if something can fail after the first, as in `\s*[\r\n]+`, then another alternative matches the same characters for sure,
 *    as `\s+` does, so that they are not read again from each of them;
 * 4. a lookaround has no unlimited repetition.
 */
export const isLinear = (pattern: string): boolean => {
  if (pattern.length > MAX_LENGTH) return false
  const alternatives = parse(pattern)
  return alternatives !== null && alternatives.every((pieces) => isLinearSequence(pieces, alternatives))
}

const isLinearSequence = (pieces: readonly Piece[], alternatives: readonly (readonly Piece[])[]): boolean => {
  if (!pieces.every(isLinearPiece)) return false
  const repeated = pieces.flatMap((piece, i) => Array.from({ length: repetitionsIn(piece) }, () => i))
  const [first, second] = repeated
  if (first === undefined || !pieces.slice(first + 1).some(canFail)) return repeated.length <= 2
  if (repeated.length > 2 || (second !== undefined && pieces.slice(second + 1).some(canFail))) return false
  return alternatives.some((other) => consumes(other, pieces[first]!.text))
}

/** Returns whether a sequence matches a run of these characters for sure. */
const consumes = (pieces: readonly Piece[], text: string): boolean => {
  const first = pieces.findIndex((piece) => repetitionsIn(piece) > 0)
  return (
    pieces[first]?.text === text &&
    pieces[first].kind === 'character' &&
    pieces[first].min <= 1 &&
    pieces.slice(0, first).every(({ min }) => min === 0) &&
    !pieces.slice(first + 1).some(canFail)
  )
}

const isLinearPiece = ({ kind, alternatives, min, max }: Piece): boolean => {
  if (kind === 'character') return true
  const inner = alternatives.flat().reduce((sum, piece) => sum + repetitionsIn(piece), 0)
  if (kind === 'assertion') return inner === 0 && alternatives.flat().every(isLinearPiece)
  if (max <= 1) return alternatives.every((pieces) => isLinearSequence(pieces, alternatives))
  // A repeated group must be a fixed sequence of characters, which has one way to match.
  return (
    alternatives.length === 1 &&
    alternatives[0]!.every((piece) => piece.kind === 'character' && piece.min === piece.max && piece.max <= FEW) &&
    (max <= FEW || min === max)
  )
}

/** Number of unlimited repetitions on the way through a piece. */
const repetitionsIn = ({ kind, alternatives, max }: Piece): number => {
  if (kind === 'assertion') return 0
  if (max > FEW) return 1
  return Math.max(0, ...alternatives.map((pieces) => pieces.reduce((sum, piece) => sum + repetitionsIn(piece), 0)))
}

const canFail = ({ kind, min }: Piece): boolean => kind === 'assertion' || min > 0

/** Splits a pattern into alternatives of pieces; null for a pattern with unbalanced or too many nested groups. */
const parse = (pattern: string): readonly (readonly Piece[])[] | null => {
  const reader = { pattern, at: 0 }
  const alternatives = readAlternatives(reader, 0)
  return reader.at < pattern.length ? null : alternatives
}

interface PatternReader {
  readonly pattern: string
  at: number
}

const readAlternatives = (reader: PatternReader, depth: number): readonly (readonly Piece[])[] | null => {
  const alternatives: Piece[][] = [[]]
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== ')') {
    if (reader.pattern[reader.at] === '|') {
      alternatives.push([])
      reader.at++
      continue
    }
    const piece = readPiece(reader, depth)
    if (piece === null) return null
    alternatives.at(-1)!.push(piece)
  }
  return alternatives
}

const readPiece = (reader: PatternReader, depth: number): Piece | null => {
  const start = reader.at
  const atom = reader.pattern[start] === '(' ? readGroup(reader, depth) : readCharacter(reader)
  if (atom === null) return null
  const text = reader.pattern.slice(start, reader.at)
  return { ...atom, text, ...readQuantifier(reader) }
}

type Atom = Pick<Piece, 'kind' | 'alternatives'>

const GROUP = /\((?:\?(?:<?[=!]|[:>]|<[\w]+>|[a-z]*(?:-[a-z]+)?[:)]))?/y

const readGroup = (reader: PatternReader, depth: number): Atom | null => {
  GROUP.lastIndex = reader.at
  const [opening = '('] = GROUP.exec(reader.pattern) ?? []
  reader.at += opening.length
  // Flags for the rest of the pattern, as in `(?i)`.
  if (opening.endsWith(')')) return { kind: 'group', alternatives: [[]] }
  const alternatives = depth < MAX_GROUPS ? readAlternatives(reader, depth + 1) : null
  if (alternatives === null || reader.pattern[reader.at] !== ')') return null
  reader.at++
  return { kind: /^\(\?<?[=!]/.test(opening) ? 'assertion' : 'group', alternatives }
}

const ESCAPE = /\\(?:[pPxu]\{[^}]*\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z]|[\s\S])/y

const readCharacter = (reader: PatternReader): Atom | null => {
  const character = reader.pattern[reader.at]!
  const kind = character === '^' || character === '$' || isBoundary(reader) ? 'assertion' : 'character'
  if (character === '[') return readClass(reader) ? { kind, alternatives: [] } : null
  ESCAPE.lastIndex = reader.at
  const escape = character === '\\' ? ESCAPE.exec(reader.pattern) : null
  reader.at += escape?.[0].length ?? String.fromCodePoint(reader.pattern.codePointAt(reader.at)!).length
  return { kind, alternatives: [] }
}

const isBoundary = ({ pattern, at }: PatternReader): boolean => /^\\[bBAzZG]/.test(pattern.slice(at, at + 2))

/** Reads a character class, which may hold further classes. Returns false if it does not end. */
const readClass = (reader: PatternReader): boolean => {
  let depth = 0
  for (let first = true; reader.at < reader.pattern.length; first = false) {
    const character = reader.pattern[reader.at++]
    if (character === '\\') reader.at++
    else if (character === '[') {
      depth++
      if (reader.pattern[reader.at] === '^') reader.at++
      // A bracket at the beginning of a class is a character of it.
      if (reader.pattern[reader.at] === ']') reader.at++
    } else if (character === ']' && !first && --depth === 0) return true
  }
  return false
}

const QUANTIFIER = /(?:[*+?]|\{(\d*)(,?)(\d*)\})[?+]?/y

const readQuantifier = (reader: PatternReader): Pick<Piece, 'min' | 'max'> => {
  QUANTIFIER.lastIndex = reader.at
  const found = QUANTIFIER.exec(reader.pattern)
  if (found === null || found[0] === '{}') return { min: 1, max: 1 }
  reader.at += found[0].length
  const [text, least = '', comma = '', most = ''] = found
  if (text.startsWith('*')) return { min: 0, max: Infinity }
  if (text.startsWith('+')) return { min: 1, max: Infinity }
  if (text.startsWith('?')) return { min: 0, max: 1 }
  const min = Number(least)
  return { min, max: comma === '' ? min : most === '' ? Infinity : Number(most) }
}
