import type { Options } from 'minisearch'

/** A page, a heading of a page, or a public name. */
export interface SearchEntry {
  /** Address from the root of the site, with the anchor. */
  readonly id: string
  readonly title: string
  /** Page or entry point that holds it. */
  readonly place: string
  readonly text: string
  /** Beginning of the text, for the list of results. */
  readonly excerpt: string
}

/** Fields that the index keeps for the list of results. */
export type SearchHit = Pick<SearchEntry, 'id' | 'title' | 'place' | 'excerpt'>

/** Words of a text; a name such as `trainingPipeline` is found by each of its words and as a whole. */
const wordsOf = (text: string): string[] =>
  text
    .split(/[^\p{L}\p{N}_@]+/u)
    .filter((word) => word !== '')
    .flatMap((word) => [...new Set([word, ...(word.match(/\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|\p{N}+/gu) ?? [])])])

/** Options of the search index. The build and the search page use the same, because the index depends on them. */
export const searchOptions: Options<SearchEntry> = {
  fields: ['title', 'text'],
  storeFields: ['title', 'place', 'excerpt'] satisfies (keyof SearchHit)[],
  tokenize: wordsOf,
  searchOptions: {
    boost: { title: 4 },
    boostDocument: (_, term, stored) => (String(stored?.['title']).toLowerCase() === term ? 4 : 1),
    prefix: true,
    fuzzy: 0.15,
    combineWith: 'AND',
  },
}
