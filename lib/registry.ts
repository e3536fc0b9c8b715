/**
 * Entry of a registry: one choice among several, under the name that the command line, a configuration file or code uses.
 *
 * The keys of the registry are the names; the command line and the documentation list `about` and `paper` beside them.
 */
export interface RegistryEntry<Create> {
  /** One phrase that says what the choice does, in the terms of its field; it is read without its neighbours. */
  readonly about: string
  /** Source of the method: an arXiv identifier or a citation. Absent where the method has no single source. */
  readonly paper?: string
  /** Makes the chosen thing; options that are left out take their defaults. */
  readonly create: Create
}
