import stringWidth from 'string-width'
import type { Terminal } from '../terminal.js'

/** Region of the terminal that shows lines in place of the previous ones. */
export interface Screen {
  readonly show: (lines: readonly string[]) => void
}

/** Opens a screen. Lines must fit the window, because a line that scrolls away cannot be drawn over. */
export const screen = (terminal: Terminal): Screen => {
  let shown: readonly string[] = []
  return {
    show: (lines) => {
      const { columns, rows } = terminal
      // The window may have become narrower since, and then its terminal has wrapped the previous lines.
      const height = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0)
      const back = height > 0 ? `\u001b[${Math.min(height, Math.max(1, rows - 1))}A\r\u001b[0J` : ''
      terminal.progress(`${back}${lines.join('\n')}\n`)
      shown = lines
    },
  }
}
