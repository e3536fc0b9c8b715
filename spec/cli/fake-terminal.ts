import { NEVER } from 'rxjs'
import type { Terminal } from '#cli/terminal.js'

/** Terminal that shows nothing, except for the parts that are given. */
export const fakeTerminal = (parts: Partial<Terminal> = {}, window = { columns: 80, rows: 24 }): Terminal => ({
  interactive: false,
  ...window,
  write: () => undefined,
  progress: () => undefined,
  note: () => undefined,
  lost$: NEVER,
  hasLostResults: () => false,
  ...parts,
})
