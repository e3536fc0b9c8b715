import { percent } from '../../lib/report/number-text.js'
import { numbersOf } from '../../lib/run/column.js'
import { estimateSecondsLeft } from '../../lib/run/history.js'
import type { Terminal } from '../terminal.js'
import { entropyText } from './block.js'
import { screen } from './screen.js'
import type { RunView } from './view.js'
import { bar, cut, timeLeft } from './words.js'

/** Maximum number of lines that a log gets of the comparison of a run. */
const MAX_LINES = 10

/** Width of the progress bar. @units columns */
const BAR = 20

/** Shows the training that a run is compared with: one line that is redrawn in a terminal, or a few lines in a log. */
export const comparisonProgress = (terminal: Terminal, algorithm: string): ((view: RunView) => void) => {
  if (terminal.interactive) {
    const { show } = screen(terminal)
    return (view) => show([cut(`${bar(doneShare(view), BAR)} ${progressText(view, algorithm)}`, terminal.columns)])
  }
  return (view) => {
    if (isLogged(view)) terminal.progress(`${progressText(view, algorithm)}\n`)
  }
}

const doneShare = ({ planned, history }: RunView): number => history.steps / planned

const isLogged = ({ planned, history }: RunView): boolean => {
  const done = history.steps
  return done === planned || done % Math.ceil(planned / MAX_LINES) === 0
}

const progressText = ({ planned, history }: RunView, algorithm: string): string => {
  const done = history.steps
  const latest = history.latest?.metrics
  const left = estimateSecondsLeft(numbersOf(history.stepSeconds), planned - done)
  return [
    `${algorithm} step ${done}/${planned}`,
    ...(latest === undefined ? [] : [`entropy ${entropyText(latest)}`, `${percent(latest.correct)} correct`]),
    ...timeLeft(left),
  ].join('  ')
}
