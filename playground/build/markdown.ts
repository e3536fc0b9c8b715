import { Marked, type RendererObject, type Tokens } from 'marked'
import { colouredCode, escaped } from './code.js'
import { headingIds } from './heading-ids.js'

const renderer: RendererObject = {
  code: ({ text, lang = '' }) => `<pre tabindex="0"><code>${colouredCode(text, lang)}</code></pre>\n`,
}

/** Renders a Markdown document as HTML; `addressOf` gives the address of each link and picture. */
export const articleHtml = (markdown: string, addressOf: (href: string) => string): string => {
  const newId = headingIds()
  const marked = new Marked({
    renderer: {
      ...renderer,
      heading({ tokens, depth, text }: Tokens.Heading) {
        return `<h${depth} id="${newId(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
    },
    walkTokens: (token) => {
      if (token.type === 'link' || token.type === 'image') token['href'] = addressOf(String(token['href']))
      if (token.type === 'html') token['text'] = withAddresses(String(token['text']), addressOf)
    },
  })
  return inScrollingBoxes(marked.parse(markdown, { async: false }))
}

/** HTML within Markdown, such as a `<picture>` with a dark variant. */
const withAddresses = (html: string, addressOf: (href: string) => string): string =>
  html.replace(/\b(src|srcset|href)="([^"]*)"/g, (_, name: string, to: string) => `${name}="${addressOf(to)}"`)

/** Tables that are wider than a narrow screen scroll on their own. The Tab key reaches them, so that the keys can scroll them. */
const inScrollingBoxes = (html: string): string =>
  html.replaceAll('<table>', '<div class="table" tabindex="0"><table>').replaceAll('</table>', '</table></div>')

/** In a docstring `<` is text: `<think>` is the name of a tag that a model writes. */
const docstring = new Marked({ renderer: { ...renderer, html: ({ text }) => escaped(text) } })

/** Renders the paragraphs of a docstring as HTML. */
export const docstringHtml = (markdown: string): string => docstring.parse(markdown, { async: false })

/** Renders a phrase of a docstring as HTML, without a paragraph around it. */
export const phraseHtml = (markdown: string): string => docstring.parseInline(markdown, { async: false })
