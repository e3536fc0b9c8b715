import { readdir, readFile, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { Marked, type Tokens } from 'marked'

/** A text of the repository as a page. */
interface Document {
  /** Where it lies in the repository. */
  readonly path: string
  /** Where its page lies. */
  readonly address: string
  /** In a word or two. */
  readonly name: string
  readonly title: string
  readonly html: string
  /** What it links to in the repository. */
  readonly links: readonly string[]
}

/** The documentation as files beside the front page. */
export interface Documentation {
  /** By address. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
  /** Links to the pages that people begin with, for a page at the root. */
  readonly navigation: string
  readonly pages: string
}

const FRONT: Place = { name: 'Playground', title: 'Playground', address: 'index.html' }

/** The README, whose title is the project's name. */
const guide = { path: 'README.md', name: 'Guide', title: 'The guide' } as const

/** The guide, the pages of `docs/`, and whatever these link to. @errors Error naming a link that leads nowhere */
export const documentation = async (root: string): Promise<Documentation> => {
  const names = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).sort()
  const first = [guide.path, ...names.map((name) => `docs/${name}`), 'CONTRIBUTING.md']
  const documents = new Map<string, Document>()
  const files = new Map<string, string | Uint8Array>()
  for (const queue = first.map((path) => ({ path, from: '' })); queue.length > 0;) {
    const { path, from } = queue.shift()!
    if (documents.has(path) || files.has(path)) continue
    if (isPicture(path)) files.set(path, await readFile(join(root, path)).catch(leadsNowhere(path, from)))
    else {
      const document = await documentAt(root, path).catch(leadsNowhere(path, from))
      documents.set(path, document)
      queue.push(...document.links.map((link) => ({ path: link, from: path })))
    }
  }
  const begin = [FRONT, ...first.map((path) => documents.get(path)!)]
  for (const document of documents.values()) files.set(document.address, page(document, begin))
  return {
    files,
    navigation: navigation(begin, FRONT.address),
    pages: `<ul>${begin
      .slice(1)
      .map((to) => `<li>${linkTo(to, FRONT.address, to.title)}</li>`)
      .join('')}</ul>`,
  }
}

const leadsNowhere =
  (path: string, from: string) =>
  (cause: unknown): never => {
    throw new Error(`${from}: found a link to ${path}, expected one that leads somewhere`, { cause })
  }

const isPicture = (path: string): boolean => /\.(png|svg)$/.test(path)

/** Where the page of a text, the list of a folder, or a picture lies. */
const addressOf = (path: string): string => {
  if (isPicture(path)) return path
  if (path.endsWith('.md')) return path.replace(/\.md$/, '.html')
  return posix.extname(path) === '' && path !== 'LICENSE' ? `${path}/index.html` : `${path}.html`
}

const documentAt = async (root: string, path: string): Promise<Document> => {
  if ((await stat(join(root, path))).isDirectory()) return folder(path, (await readdir(join(root, path))).sort())
  const text = await readFile(join(root, path), 'utf8')
  return path.endsWith('.md') ? article(path, text) : source(path, text)
}

const folder = (path: string, names: readonly string[]): Document => {
  const address = addressOf(path)
  const links = names.map((name) => posix.join(path, name))
  const items = links.map((to) => `<li><a href="${relative(address, addressOf(to))}">${posix.basename(to)}</a></li>`)
  return {
    path,
    address,
    name: path,
    title: `${path}/`,
    html: `<h1>${path}/</h1><ul>${items.join('')}</ul>`,
    links,
  }
}

const source = (path: string, text: string): Document => ({
  path,
  address: addressOf(path),
  name: path,
  title: path,
  html: `<h1>${path}</h1><pre><code>${escaped(text)}</code></pre>`,
  links: [],
})

const article = (path: string, text: string): Document => {
  const links: string[] = []
  const ids = new Map<string, number>()
  let title = ''
  /** An address within the repository becomes one within the documentation. */
  const addressFrom = (href: string): string => {
    const [to, fragment] = href.split('#') as [string, string?]
    if (/^[a-z]+:/.test(href) || to === '') return href
    const target = posix.join(posix.dirname(path), to).replace(/\/$/, '')
    links.push(target)
    return relative(addressOf(path), addressOf(target)) + (fragment === undefined ? '' : `#${fragment}`)
  }
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: words }: Tokens.Heading) {
        if (title === '') title = path === guide.path ? guide.title : words
        return `<h${depth} id="${idOf(words, ids)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
    },
    walkTokens: (token) => {
      if (token.type === 'link' || token.type === 'image') token['href'] = addressFrom(String(token['href']))
    },
  })
  const html = marked.parse(text, { async: false }).replaceAll('<table>', '<div class="table"><table>')
  return {
    path,
    address: addressOf(path),
    name: nameOf(path),
    title,
    html: html.replaceAll('</table>', '</table></div>'),
    links,
  }
}

const nameOf = (path: string): string => {
  if (path === guide.path) return guide.name
  const words = posix.basename(path, '.md').toLowerCase().replaceAll('-', ' ')
  return words[0]!.toUpperCase() + words.slice(1)
}

/** As GitHub has them, so that links into the middle of a text work in both places. */
const idOf = (words: string, seen: Map<string, number>): string => {
  const id = words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
  const before = seen.get(id) ?? 0
  seen.set(id, before + 1)
  return before === 0 ? id : `${id}-${before}`
}

type Place = Pick<Document, 'name' | 'title' | 'address'>

const page = ({ title, address, html }: Document, begin: readonly Place[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self' data:">
<title>${escaped(title)} · entrain</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${relative(address, 'style.css')}">
</head>
<body>
${navigation(begin, address)}
<main class="prose">
${html}
</main>
</body>
</html>
`

const navigation = (begin: readonly Place[], from: string): string =>
  `<nav>${begin.map((to) => linkTo(to, from, to.name)).join('\n')}</nav>`

const linkTo = ({ address }: Place, from: string, words: string): string =>
  `<a href="${relative(from, address)}"${address === from ? ' aria-current="page"' : ''}>${escaped(words)}</a>`

const relative = (from: string, to: string): string => posix.relative(posix.dirname(from), to)

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
