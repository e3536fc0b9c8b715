import { createCssVariablesTheme, createHighlighterCoreSync, type ThemedToken } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import css from 'shiki/langs/css.mjs'
import html from 'shiki/langs/html.mjs'
import json from 'shiki/langs/json.mjs'
import python from 'shiki/langs/python.mjs'
import shell from 'shiki/langs/shellscript.mjs'
import typescript from 'shiki/langs/typescript.mjs'
import yaml from 'shiki/langs/yaml.mjs'

const theme = 'classes'

const highlighter = createHighlighterCoreSync({
  themes: [createCssVariablesTheme({ name: theme, variablePrefix: '--' })],
  langs: [css, html, json, python, shell, typescript, yaml],
  langAlias: { js: 'typescript', mjs: 'typescript' },
  engine: createJavaScriptRegexEngine(),
})

const languages = new Set([...highlighter.getLoadedLanguages(), 'js', 'mjs'])

/** HTML of code, coloured by classes such as `token-keyword`, because the pages allow no inline style. */
export const colouredCode = (code: string, language: string): string =>
  languages.has(language)
    ? highlighter
        .codeToTokensBase(code, { lang: language, theme })
        .map((line) => line.map(span).join(''))
        .join('\n')
    : escaped(code)

/** The theme gives a token the colour `var(--token-keyword)`. */
const span = ({ content, color = '' }: ThemedToken): string => {
  const name = /^var\(--(token-[a-z-]+)\)$/.exec(color)?.[1]
  return name === undefined ? escaped(content) : `<span class="${name}">${escaped(content)}</span>`
}

/** Text as HTML. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
