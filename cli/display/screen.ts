import type { Terminal } from '../terminal.js'

/** Region of the terminal that shows lines in place of the previous ones. */
export interface Screen {
  readonly show: (lines: readonly string[]) => void
}

/** Opens a screen. Lines must not be wider than the terminal, because a wrapped line takes a row that is not counted. */
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
