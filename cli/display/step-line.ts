import { numbersOf } from '../../lib/run/column.js'
import { estimateSecondsLeft } from '../../lib/run/history.js'
import { entropyText, failureTexts } from './block.js'
import type { RunView } from './view.js'
import { percent } from '../../lib/report/number-text.js'
import { fixed, timeLeft } from './words.js'

/** Maximum number of lines that a log gets of a run. */
const MAX_LINES = 100

/** Line of a log for the latest step; null for a step that a long run leaves out. */
export const stepLine = ({ planned, history }: RunView): string | null => {
  const { latest, steps: done } = history
  const every = Math.ceil(planned / MAX_LINES)
  if (latest === null || (done !== 1 && done !== planned && done % every !== 0)) return null
  const { metrics: step, seconds } = latest
  const { positive, zero, negative } = step.accepted
  const accepted = positive + zero + negative
  const responses = accepted + step.rejected.positive + step.rejected.zero + step.rejected.negative
  const left = estimateSecondsLeft(numbersOf(history.stepSeconds), planned - done)
  return [
    `step ${String(done).padStart(String(planned).length)}/${planned}`,
    `entropy ${entropyText(step)}`,
    `reward ${fixed(step.reward, 3)}`,
    `${percent(step.correct)} correct`,
    `${percent(step.truncated)} truncated`,
    `accepted ${accepted} of ${responses}`,
    ...(step.status === 'updated' ? [] : [`skipped: ${step.status}`]),
    ...(step.outsideLimit === null ? [] : [`entropy ${step.outsideLimit} its limit`]),
    ...failureTexts(step),
    `${seconds.total.toFixed(2)} s`,
    ...timeLeft(left),
  ].join('  ')
}
