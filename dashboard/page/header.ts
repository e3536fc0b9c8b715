import { duration } from '../../lib/report/number-text.js'
import { estimateSecondsLeft } from '../view/seconds-left.js'
import { runWarnings } from '../view/run-warnings.js'
import { statusText } from '../view/status-text.js'
import { countSteps, type RunView } from '../view/view.js'
import { createElement, setText } from './element.js'
import type { Page, SendCommand } from './page.js'
import { createRunControls } from './run-controls.js'

export interface HeaderPorts extends Pick<Page, 'headings'> {
  readonly command: SendCommand
  /** Element beside the buttons of the run. */
  readonly beside: HTMLElement
}

/** Name, status and progress of a run, and the buttons that control it. */
export const createHeader = ({ command, beside, headings }: HeaderPorts) => {
  const name = createElement(headings.run, { class: 'name' })
  const heading = createElement('p', { class: 'heading' })
  const status = createElement('span', { class: 'status', role: 'status' })
  const progress = createProgress()
  const controls = createRunControls(command)
  const warnings = createElement('p', { class: 'trouble', role: 'status', hidden: '' })
  const element = createElement(
    'header',
    { class: 'top' },
    createElement('div', { class: 'names' }, createElement('div', { class: 'line' }, name, status), heading),
    createElement('div', { class: 'buttons' }, controls.element, beside),
    progress.element,
    controls.trouble,
    warnings,
  )
  const show = (run: RunView | undefined, beginnings: number) => {
    setText(name, run?.info.name ?? 'Waiting for a run')
    setText(heading, run?.info.heading ?? '')
    setText(status, run === undefined ? '' : statusText(run.state))
    status.dataset['status'] = run?.state.status ?? ''
    status.hidden = run === undefined
    progress.show(run)
    const texts = run === undefined ? [] : runWarnings(run)
    warnings.hidden = texts.length === 0
    setText(warnings, texts.join('. '))
    controls.show(run, beginnings)
  }
  return { element, show }
}

const createProgress = () => {
  const bar = createElement('progress', { 'aria-label': 'Finished steps' })
  const text = createElement('span', { class: 'count' })
  return {
    element: createElement('div', { class: 'progress' }, bar, text),
    show: (run: RunView | undefined) => {
      bar.max = Math.max(run?.info.planned ?? 1, 1)
      bar.value = run === undefined ? 0 : countSteps(run)
      setText(text, run === undefined ? '' : progressText(run))
    },
  }
}

const progressText = (run: RunView): string => {
  const steps = countSteps(run)
  const { planned } = run.info
  const left = run.state.status === 'running' ? estimateSecondsLeft(run.logs.timings.lines, planned - steps) : null
  return `step ${steps} of ${planned}${left === null || steps >= planned ? '' : `, ${duration(left)} left`}`
}
