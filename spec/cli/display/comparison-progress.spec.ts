import { describe, expect, it } from 'vitest'
import { comparisonProgress } from '#cli/display/comparison-progress.js'
import { emptyView, type RunView, viewWith } from '#cli/display/view.js'
import { loggedStep } from '../../lib/run/reports.js'
import { fakeTerminal } from '../fake-terminal.js'

/** Texts that a training of this number of steps writes to a terminal. */
const shown = (planned: number, interactive: boolean, columns = 80): readonly string[] => {
  const written: string[] = []
  const terminal = fakeTerminal({ interactive, progress: (text) => written.push(text) }, { columns, rows: 24 })
  const show = comparisonProgress(terminal, 'grpo')
  let view: RunView = emptyView('grpo on countdown', planned)
  for (let step = 0; step < planned; step++) {
    view = viewWith(view, loggedStep(step, 0.4), null)
    show(view)
  }
  return written
}

describe('comparisonProgress', () => {
  it('redraws one line in a terminal, which is not wider than the window', () => {
    const [first, ...others] = shown(8, true, 60)
    expect(first).toMatch(/^█+░+ grpo step 1\/8 {2}entropy 0\.400 ↑ below[^\n]*…\n$/)
    for (const text of others) expect(text).toMatch(/^\u001b\[1A\r\u001b\[0J[^\n]{1,60}\n$/)
  })

  it('writes at most ten lines into a log, and the last step among them', () => {
    for (const planned of [1, 9, 10, 11, 200, 999]) {
      const lines = shown(planned, false)
      expect(lines.length).toBeLessThanOrEqual(10)
      expect(lines.at(-1)).toMatch(new RegExp(`^grpo step ${planned}/${planned}  entropy 0\\.400 .* correct`))
    }
    expect(shown(200, false)[0]).toMatch(/^grpo step 20\/200 /)
  })
})
