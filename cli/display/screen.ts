import type { Terminal } from '../terminal.js'

/** Shows lines in place of those it showed before. */
export interface Screen {
  show(lines: readonly string[]): void
}

/** Lines must not be wider than the terminal: a wrapped line would be one row too many to go back over. */
export const screen = (terminal: Terminal): Screen => {
  let rows = 0
  return {
    show: (lines) => {
      const back = rows > 0 ? `\u001b[${rows}A\u001b[0J` : ''
      terminal.write(`${back}${lines.join('\n')}\n`)
      rows = lines.length
    },
  }
}
