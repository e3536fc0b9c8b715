import type { Terminal } from '../terminal.js'
import { block, sampleText } from './block.js'
import { screen } from './screen.js'
import { stepLine } from './step-line.js'
import type { RunView } from './view.js'

/** Shows a run live: a block that is redrawn in a terminal, or lines in a log. */
export const live = (terminal: Terminal): ((view: RunView) => void) => {
  if (terminal.interactive) {
    const { show } = screen(terminal)
    return (view) => show(block(view, terminal))
  }
  let shown: RunView['example'] = null
  return (view) => {
    const line = stepLine(view)
    if (line === null) return
    terminal.progress(`${line}\n`)
    if (view.example !== null && view.example !== shown) terminal.progress(`  sample: ${sampleText(view.example)}\n`)
    shown = view.example
  }
}
