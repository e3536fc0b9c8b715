import type { RunCommand } from '../../lib/control/run-command.js'
import type { Palette } from './palette.js'

/** Sends a command to the selected run. Rejects with the reason if the run refuses it. */
export type SendCommand = (command: RunCommand) => Promise<void>

/** Services that the parts of a page share. */
export interface Page {
  readonly palette: Palette
  /** Returns an element id that is unique in the document. */
  readonly identifier: (name: string) => string
}
