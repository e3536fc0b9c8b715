import type { RunCommand } from '../../lib/control/run-command.js'
import type { Palette } from './palette.js'

/** Sends a command to the selected run. Rejects with the reason if the run refuses it. */
export type SendCommand = (command: RunCommand) => Promise<void>

/** Headings of the run and of the parts below it. A page with a heading of its own has the run one level lower. */
export interface Headings {
  readonly run: 'h1' | 'h2'
  readonly part: 'h2' | 'h3'
}

/** Services that the parts of a page share. */
export interface Page {
  readonly palette: Palette
  /** Returns an element id that is unique in the document. */
  readonly identifier: (name: string) => string
  readonly headings: Headings
}
