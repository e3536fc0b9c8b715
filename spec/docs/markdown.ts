import { readdirSync, readFileSync } from 'node:fs'
import { marked, type Token, type Tokens } from 'marked'

/** Pages whose programs and command lines are checked against the package. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** A fenced or indented block of code on a page. */
export interface CodeBlock {
  readonly language: string
  readonly text: string
}

const tokensOf = (page: string): readonly Token[] => {
  const tokens: Token[] = []
  void marked.walkTokens(marked.lexer(readFileSync(page, 'utf8')), (token) => {
    tokens.push(token)
  })
  return tokens
}

/** Returns the code blocks of a page, in order. */
export const codeBlocksOf = (page: string): readonly CodeBlock[] =>
  tokensOf(page)
    .filter((token): token is Tokens.Code => token.type === 'code')
    .map(({ lang = '', text }) => ({ language: lang, text }))

/** Returns the code spans of a page, in order. */
export const codeSpansOf = (page: string): readonly string[] =>
  tokensOf(page)
    .filter((token): token is Tokens.Codespan => token.type === 'codespan')
    .map(({ text }) => text)
