import { readdir, readFile, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { colouredCode } from './code.js'
import { articleHtml } from './markdown.js'
import { type PageContent, type Place, relative } from './page.js'
import { type Section, sectionsOf } from './sections.js'

/** A file or folder of the repository as a page. */
export interface RepositoryPage extends PageContent, Place {
  /** Paths in the repository that the page links to. */
  readonly links: readonly string[]
  /** Sections of a Markdown document; none of code and folders. */
  readonly sections: readonly Section[]
}

/** The README, whose title is the name of the project. */
export const guide = { path: 'README.md', name: 'Guide', title: 'The guide' } as const

export const isPicture = (path: string): boolean => /\.(png|svg)$/.test(path)

/** Address on the site of a path in the repository. */
export const addressOf = (path: string): string => {
  if (isPicture(path)) return path
  if (path.endsWith('.md')) return path.replace(/\.md$/, '.html')
  return posix.extname(path) === '' && path !== 'LICENSE' ? `${path}/index.html` : `${path}.html`
}

/** Reads a file or folder of the repository as a page. */
export const repositoryPage = async (root: string, path: string): Promise<RepositoryPage> => {
  if ((await stat(join(root, path))).isDirectory()) return folderPage(path, (await readdir(join(root, path))).sort())
  const text = await readFile(join(root, path), 'utf8')
  return path.endsWith('.md') ? markdownPage(path, text) : codePage(path, text)
}

const folderPage = (path: string, names: readonly string[]): RepositoryPage => {
  const address = addressOf(path)
  const links = names.map((name) => posix.join(path, name))
  const items = links.map((to) => `<li><a href="${relative(address, addressOf(to))}">${posix.basename(to)}</a></li>`)
  const html = `<h1>${path}/</h1><ul>${items.join('')}</ul>`
  return { address, name: path, title: `${path}/`, html, links, sections: [] }
}

const codePage = (path: string, text: string): RepositoryPage => {
  const code = colouredCode(text, posix.extname(path).slice(1))
  const html = `<h1>${path}</h1><pre tabindex="0"><code>${code}</code></pre>`
  return { address: addressOf(path), name: path, title: path, html, links: [], sections: [] }
}

const markdownPage = (path: string, text: string): RepositoryPage => {
  const links: string[] = []
  const html = articleHtml(text, (href) => {
    const [to, fragment] = href.split('#') as [string, string?]
    if (/^[a-z]+:/.test(href) || to === '') return href
    const target = posix.join(posix.dirname(path), to).replace(/\/$/, '')
    links.push(target)
    return relative(addressOf(path), addressOf(target)) + (fragment === undefined ? '' : `#${fragment}`)
  })
  const sections = sectionsOf(text)
  const title = path === guide.path ? guide.title : (sections[0]?.heading ?? path)
  return { address: addressOf(path), name: nameOf(path), title, html, links, sections }
}

const nameOf = (path: string): string => {
  if (path === guide.path) return guide.name
  if (path === 'docs/README.md') return 'All guides'
  const words = posix.basename(path, '.md').toLowerCase().replaceAll('-', ' ')
  return words[0]!.toUpperCase() + words.slice(1)
}
