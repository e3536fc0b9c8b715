/** Bracket in LaTeX. Visible braces have a backslash. */
const bracket = /\\[{}]|\\[lr]angle(?![a-zA-Z])|[([{)\]}]/y

const closing = /[)\]}]|rangle$/

/** Piece of a text, and the number of brackets around it. A bracket itself counts as outside of its pair. */
interface Piece {
  readonly text: string
  readonly at: number
  readonly depth: number
}

/** Splits a text into brackets, commands and single characters. */
function* pieces(text: string): Generator<Piece> {
  let depth = 0
  for (let at = 0; at < text.length;) {
    bracket.lastIndex = at
    const found = bracket.exec(text)?.[0]
    if (found !== undefined && closing.test(found)) depth--
    const piece = found ?? commandAt(text, at) ?? text[at]!
    yield { text: piece, at, depth }
    if (found !== undefined && !closing.test(found)) depth++
    at += piece.length
  }
}

const command = /\\(?:[a-zA-Z]+|.)/y

const commandAt = (text: string, at: number): string | undefined => {
  command.lastIndex = at
  return command.exec(text)?.[0]
}

/**
 * Returns the depth to which brackets nest, or null if one closes too early or never. It does not check that the two
 * brackets of a pair are of one kind.
 */
export const nestingDepth = (text: string): number | null => {
  let [depth, deepest, open] = [0, 0, 0]
  for (const piece of pieces(text)) {
    depth = piece.depth
    if (depth < 0) return null
    if (isBracket(piece.text)) open += closing.test(piece.text) ? -1 : 1
    deepest = Math.max(deepest, open)
  }
  return open === 0 ? deepest : null
}

const isBracket = (piece: string): boolean => {
  bracket.lastIndex = 0
  return bracket.test(piece)
}

/** Splits a text at the separators outside of brackets. Returns the parts and the separators. */
export const splitOutside = (
  text: string,
  isSeparator: (piece: string) => boolean,
): { readonly parts: readonly string[]; readonly separators: readonly string[] } => {
  const parts: string[] = []
  const separators: string[] = []
  let start = 0
  for (const piece of pieces(text)) {
    if (piece.depth !== 0 || !isSeparator(piece.text)) continue
    parts.push(text.slice(start, piece.at).trim())
    separators.push(piece.text)
    start = piece.at + piece.text.length
  }
  return { parts: [...parts, text.slice(start).trim()], separators }
}

/** Returns the brackets and the content of a text that is one pair of brackets; null for any other text. */
export const readEnclosed = (
  text: string,
): { readonly open: string; readonly inside: string; readonly close: string } | null => {
  const found = [...pieces(text)]
  const [open, close] = [found[0], found.at(-1)]
  if (open === undefined || close === undefined || found.length < 2) return null
  const outside = found.filter(({ depth, text: piece }) => depth === 0 && isBracket(piece))
  if (outside.length !== 2 || outside[0] !== open || outside[1] !== close) return null
  return { open: open.text, inside: text.slice(open.text.length, close.at).trim(), close: close.text }
}
