import MiniSearch from 'minisearch'
import { type SearchEntry, searchOptions } from '../search-options.js'
import type { RepositoryPage } from './repository-page.js'

/** @units characters */
const EXCERPT = 180

export const searchEntry = (entry: Omit<SearchEntry, 'excerpt'>): SearchEntry => ({
  ...entry,
  excerpt: entry.text.length <= EXCERPT ? entry.text : `${entry.text.slice(0, EXCERPT).replace(/\s+\S*$/, '')} …`,
})

/** One entry for each section of a guide. */
export const guideEntries = ({ address, title, sections }: RepositoryPage): readonly SearchEntry[] =>
  sections.map(({ heading, id, text }) => searchEntry({ id: `${address}#${id}`, title: heading, place: title, text }))

/** Writes the index that the search page loads. */
export const searchIndex = (entries: readonly SearchEntry[]): string => {
  const index = new MiniSearch(searchOptions)
  index.addAll(entries)
  return JSON.stringify(index)
}
