import type { Palette } from './palette.js'

/** Services that the parts of a page share. */
export interface Page {
  readonly palette: Palette
  /** Returns an element id that is unique in the document. */
  readonly identifier: (name: string) => string
}
