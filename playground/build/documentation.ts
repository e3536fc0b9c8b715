import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { linkTo, navigation, page, type Place } from './page.js'
import { exampleFinder } from './reference/example-finder.js'
import { readEntryPoints } from './reference/entry-points.js'
import { referencePages } from './reference/pages.js'
import { readPublicNames } from './reference/public-names.js'
import { guide, isPicture, type RepositoryPage, repositoryPage } from './repository-page.js'
import { guideEntries, searchIndex } from './search-index.js'

/** The documentation as files beside the front page. */
export interface Documentation {
  /** Content of each file, by its address. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
  /** Links to the guides and the search form, for the page at an address. */
  readonly navigationOf: (address: string) => string
  /** List of links to the guides, for a page at the root of the site. */
  readonly pages: string
}

const front: Place = { name: 'Playground', title: 'Playground', address: 'index.html' }

/**
 * Builds the guide, the pages of `docs/`, the API reference, every file that these link to, and the search index.
 *
 * @errors Error that names a link to a file that does not exist
 */
export const documentation = async (root: string): Promise<Documentation> => {
  const first = [guide.path, ...(await guidesInOrder(root)), 'CONTRIBUTING.md']
  const entries = await readPublicNames(root, await readEntryPoints(root))
  const reference = referencePages(entries, await exampleFinder(root))
  const { pages, pictures } = await linkedFiles(root, [...first, ...reference.links])
  const guides = first.map((path) => pages.get(path)!)
  const places = [front, ...guides, reference.front]
  const contents = [...pages.values(), reference.front, ...reference.pages]
  const written = contents.map((content) => [content.address, page(content, places)] as const)
  const index = searchIndex([...guides.flatMap(guideEntries), ...reference.searchEntries])
  return {
    files: new Map<string, string | Uint8Array>([...pictures, ...written, ['search-index.json', index]]),
    navigationOf: (address) => navigation(places, address),
    pages: `<ul>${places
      .slice(1)
      .map((to) => `<li>${linkTo(to, front.address, to.title)}</li>`)
      .join('')}</ul>`,
  }
}

const LIST = 'README.md'

/** Paths of the guides: the list of all guides, then the guides in the order of that list. */
const guidesInOrder = async (root: string): Promise<readonly string[]> => {
  const list = await readFile(join(root, 'docs', LIST), 'utf8')
  const place = (name: string) => (name === LIST ? -1 : list.indexOf(`](${name})`))
  const names = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'))
  return names.toSorted((a, b) => place(a) - place(b)).map((name) => `docs/${name}`)
}

interface LinkedFiles {
  readonly pages: ReadonlyMap<string, RepositoryPage>
  readonly pictures: ReadonlyMap<string, Uint8Array>
}

/** Reads files, and the files that these link to, until no link is left. */
const linkedFiles = async (root: string, paths: readonly string[]): Promise<LinkedFiles> => {
  const pages = new Map<string, RepositoryPage>()
  const pictures = new Map<string, Uint8Array>()
  for (const queue = paths.map((path) => ({ path, from: 'the navigation' })); queue.length > 0;) {
    const { path, from } = queue.shift()!
    if (pages.has(path) || pictures.has(path)) continue
    if (isPicture(path)) pictures.set(path, await readFile(join(root, path)).catch(refuseLink(path, from)))
    else {
      const content = await repositoryPage(root, path).catch(refuseLink(path, from))
      pages.set(path, content)
      queue.push(...content.links.map((link) => ({ path: link, from: path })))
    }
  }
  return { pages, pictures }
}

const refuseLink =
  (path: string, from: string) =>
  (cause: unknown): never => {
    throw new Error(`${from}: found a link to ${path}, expected a link to a file of the repository`, { cause })
  }
