/**
 * Entry of a registry: one choice among several, under the name that the command line, a configuration file or code uses.
 *
 * The keys of the registry are the names; the command line and the documentation list `about` and `paper` beside them.
 */
export interface RegistryEntry<Create> {
  /** Effect of the choice in one phrase, with the terms of the field. The phrase is clear without the other entries. */
  readonly about: string
  /** Source of the method: an arXiv identifier or a citation. Absent where the method has no single source. */
  readonly paper?: string
  /** Creates the value that the entry describes; options that are left out take their defaults. */
  readonly create: Create
}

/** Returns the row of a table under a name from outside; undefined for a name that is not its own, such as `constructor`. */
export const lookUp = <A>(table: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined
