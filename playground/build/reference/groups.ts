import { posix } from 'node:path'
import type { PublicName } from './public-names.js'

/** Public names whose files lie in one folder. */
export interface NameGroup {
  readonly title: string
  readonly names: readonly PublicName[]
}

/** Groups public names by the folder of their file; groups and names keep their order. */
export const groupsOf = (names: readonly PublicName[]): readonly NameGroup[] => {
  const titles = new Set(names.map(({ file }) => titleOf(file)))
  return [...titles].map((title) => ({ title, names: names.filter(({ file }) => titleOf(file) === title) }))
}

/** `lib/entropy/filter/sign.ts` belongs to "Entropy: filter". */
const titleOf = (file: string): string => {
  const folders = posix
    .dirname(file)
    .split('/')
    .filter((folder) => folder !== 'lib' && folder !== '.')
  const [first = 'general', second] = folders.map((folder) => folder.replaceAll('-', ' '))
  return first[0]!.toUpperCase() + first.slice(1) + (second === undefined ? '' : `: ${second}`)
}
