import { lexer, type Token } from 'marked'
import { headingIds } from './heading-ids.js'

/** A heading of a Markdown document and the text below it: what search finds. */
export interface Section {
  readonly heading: string
  readonly id: string
  readonly text: string
}

/** Cuts a Markdown document at its headings. Text before the first heading belongs to no section. */
export const sectionsOf = (markdown: string): readonly Section[] => {
  const newId = headingIds()
  const sections: Section[] = []
  for (const token of lexer(markdown)) {
    if (token.type === 'heading') {
      const heading = plainText(String(token['text']))
      sections.push({ heading, id: newId(String(token['text'])), text: '' })
    } else {
      const last = sections.pop()
      if (last !== undefined) sections.push({ ...last, text: `${last.text} ${textOf(token)}`.trim() })
    }
  }
  return sections
}

const textOf = (token: Token): string => {
  if (token.type === 'html') return ''
  return token.type === 'code' ? String(token['text']).replace(/-{3,}/g, ' ') : plainText(token.raw)
}

/** Markdown without its marks. */
export const plainText = (markdown: string): string =>
  markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\|?\s*:?-{3,}:?\s*/g, ' ')
    .replace(/[`|]|\*\*|(?<!\w)_|_(?!\w)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
