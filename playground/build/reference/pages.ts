import type { SearchEntry } from '../../search-options.js'
import { docstringHtml } from '../markdown.js'
import { linkTo, type PageContent, type Place, relative } from '../page.js'
import { searchEntry } from '../search-index.js'
import { plainText } from '../sections.js'
import { anchorOf, entryAddress, nameFinder, referenceAddress } from './addresses.js'
import { markdownOf, tagsOf } from './comment.js'
import { groupsOf, type NameGroup } from './groups.js'
import { type NameContext, namePart } from './name-part.js'
import type { PublicEntry, PublicName } from './public-names.js'

/** The API reference as pages of the site. */
export interface Reference {
  /** Page that lists the entry points. */
  readonly front: PageContent & Place
  readonly pages: readonly PageContent[]
  /** Paths in the repository that the pages link to. */
  readonly links: readonly string[]
  readonly searchEntries: readonly SearchEntry[]
}

/** Writes one page for each entry point, and a page that lists them. */
export const referencePages = (entries: readonly PublicEntry[], examplesOf: NameContext['examplesOf']): Reference => {
  const find = nameFinder(entries)
  const contextOf = (entry: PublicEntry): NameContext => {
    const address = entryAddress(entry)
    const linkOf = (name: string) => {
      const found = find(name, entry)
      return found && relative(address, found).replace(/^.*(?=#)/, (path) => (found.startsWith(address) ? '' : path))
    }
    return { address, linkOf, examplesOf }
  }
  const names = entries.flatMap((entry) => entry.names.flatMap((name) => [name, ...name.members]))
  return {
    front: listPage(entries),
    pages: entries.map((entry) => entryPage(entry, entries, contextOf(entry))),
    links: [...new Set(names.flatMap(({ name, file }) => [file, ...examplesOf(name)]))],
    searchEntries: entries.flatMap(searchEntriesOf),
  }
}

const listPage = (entries: readonly PublicEntry[]): PageContent & Place => ({
  name: 'API',
  title: 'API reference',
  address: referenceAddress,
  html: `<h1>API reference</h1>${entries
    .map((entry) => {
      const address = entryAddress(entry)
      const names = entry.names.toSorted((a, b) => a.name.localeCompare(b.name))
      const links = names.map(({ name }) => linkTo({ address: `${address}#${name}` }, referenceAddress, name))
      return `<h2>${linkTo({ address }, referenceAddress, entry.name)}</h2>
${docstringHtml(entry.about)}<p class="names">${links.join(' ')}</p>`
    })
    .join('\n')}`,
})

const entryPage = (entry: PublicEntry, entries: readonly PublicEntry[], context: NameContext): PageContent => {
  const groups = groupsOf(entry.names)
  const { address } = context
  return {
    title: entry.name,
    address,
    html: `<div class="reference">
<div class="contents" role="navigation" aria-label="Names of ${entry.name}">
<p>${entries.map((other) => linkTo({ address: entryAddress(other) }, address, other.name)).join('<br>')}</p>
${groups.map(contents).join('\n')}
</div>
<div>
<h1>${entry.name}</h1>
${docstringHtml(entry.about)}
${groups.map((group) => groupPart(group, context)).join('\n')}
</div>
</div>`,
  }
}

const contents = ({ title, names }: NameGroup): string =>
  `<p><strong>${title}</strong>${names.map(({ name }) => `<br><a href="#${name}">${name}</a>`).join('')}</p>`

const groupPart = ({ title, names }: NameGroup, context: NameContext): string =>
  `<h2>${title}</h2>\n${names.map((name) => namePart(name, context)).join('\n')}`

const searchEntriesOf = (entry: PublicEntry): readonly SearchEntry[] =>
  entry.names.flatMap((name) => [
    nameEntry(entry, name),
    ...name.members.map((member) => nameEntry(entry, member, name.name)),
  ])

const nameEntry = (entry: PublicEntry, name: PublicName, namespace?: string): SearchEntry => {
  const anchor = anchorOf(name, namespace)
  const withoutLinks = () => undefined
  const tags = tagsOf(name.comment, withoutLinks).map(({ text }) => text)
  return searchEntry({
    id: `${entryAddress(entry)}#${anchor}`,
    title: anchor,
    place: entry.name,
    text: plainText([markdownOf(name.comment?.summary ?? [], withoutLinks), ...tags].join(' ')),
  })
}
