/** What the last `\boxed{...}` of a text holds, braces inside it included; null where there is none, or it does not end. */
export const lastBoxed = (text: string): string | null => {
  const start = Math.max(...['\\boxed{', '\\fbox{'].map((opening) => endOfLast(text, opening)))
  if (start === -1) return null
  let depth = 1
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return text.slice(start, at).trim()
  }
  return null
}

const endOfLast = (text: string, opening: string): number => {
  const at = text.lastIndexOf(opening)
  return at === -1 ? -1 : at + opening.length
}
