import type { EntryPoint } from './entry-points.js'
import type { PublicEntry, PublicName } from './public-names.js'

/** Address of the page that lists the entry points. */
export const referenceAddress = 'api/index.html'

/** Address of the page of an entry point: `api/node.html` for `entrain/node`. */
export const entryAddress = ({ name }: EntryPoint): string => `api/${name.split('/').at(-1)!}.html`

/** Finds the address of a public name; an entry point that exports the name comes before the others. */
export type NameFinder = (name: string, first: EntryPoint) => string | undefined

export const nameFinder = (entries: readonly PublicEntry[]): NameFinder => {
  const byEntry = entries.map((entry) => ({
    entry,
    anchors: new Map(
      entry.names.flatMap((each) => anchorsOf(each)).map((anchor) => [anchor.split('.').at(-1)!, anchor]),
    ),
  }))
  return (name, first) => {
    const own = byEntry.find(({ entry, anchors }) => entry.name === first.name && anchors.has(name))
    const found = own ?? byEntry.find(({ anchors }) => anchors.has(name))
    return found && `${entryAddress(found.entry)}#${found.anchors.get(name)!}`
  }
}

const anchorsOf = ({ name, members }: PublicName): readonly string[] => [
  ...members.map((member) => anchorOf(member, name)),
  name,
]

/** Anchor of a public name: `theory.entropyOf` for a member of the namespace `theory`. */
export const anchorOf = ({ name }: PublicName, namespace?: string): string =>
  namespace === undefined ? name : `${namespace}.${name}`
