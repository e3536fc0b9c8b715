import type { Palette } from './palette.js'

/** What the parts of a page share. */
export interface Page {
  readonly palette: Palette
  /** Identifiers that nothing else on the page has. */
  readonly identifier: (name: string) => string
}
