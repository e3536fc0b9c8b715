import type { RunCommand } from '../../lib/control/run-command.js'
import { estimateSecondsLeft } from '../view/seconds-left.js'
import { statusWords } from '../view/status-text.js'
import { countSteps, type RunView } from '../view/view.js'
import { duration } from '../../lib/report/number-text.js'
import { createElement, setText } from './element.js'

export interface HeaderPorts {
  readonly command: (command: RunCommand) => Promise<void>
  /** What else stands beside the buttons. */
  readonly beside: HTMLElement
}

/** Which run it is, how far it is, and what one may ask of it. */
export const createHeader = ({ command, beside }: HeaderPorts) => {
  const name = createElement('h1')
  const heading = createElement('p', { class: 'heading' })
  const status = createElement('span', { class: 'status', role: 'status' })
  const progress = createElement('progress', { 'aria-label': 'Steps done' })
  const told = createElement('span', { class: 'told' })
  const controls = createRunControls(command)
  return {
    element: createElement(
      'header',
      { class: 'top' },
      createElement('div', { class: 'names' }, createElement('div', { class: 'line' }, name, status), heading),
      createElement('div', { class: 'buttons' }, controls.element, beside),
      createElement('div', { class: 'progress' }, progress, told),
      controls.trouble,
    ),
    show: (run: RunView | undefined) => {
      const steps = run === undefined ? 0 : countSteps(run)
      const planned = run?.info.planned ?? 1
      setText(name, run?.info.name ?? 'Waiting for a run')
      setText(heading, run?.info.heading ?? '')
      setText(status, run === undefined ? '' : statusWords[run.state.status])
      status.dataset['status'] = run?.state.status ?? ''
      status.hidden = run === undefined
      progress.max = Math.max(planned, 1)
      progress.value = steps
      setText(told, run === undefined ? '' : progressWords(run, steps, planned))
      controls.show(run)
    },
  }
}

const progressWords = (run: RunView, steps: number, planned: number): string => {
  const left = run.state.status === 'running' ? estimateSecondsLeft(run.logs.timings.lines, planned - steps) : null
  return `step ${steps} of ${planned}${left === null || steps >= planned ? '' : `, ${duration(left)} left`}`
}

/** Pause, resume, and stop, which asks once more; nothing where a run takes no commands. */
const createRunControls = (command: (command: RunCommand) => Promise<void>) => {
  const trouble = createElement('p', { class: 'trouble', role: 'alert', hidden: '' })
  const pause = createElement('button', { type: 'button' })
  const stop = createElement('button', { type: 'button', class: 'danger' }, 'Stop')
  const sure = createElement('button', { type: 'button', class: 'danger' }, 'Stop the run')
  const keep = createElement('button', { type: 'button' }, 'Keep running')
  const question = createElement(
    'span',
    { class: 'question', role: 'group', 'aria-label': 'Stop this run?', hidden: '' },
    sure,
    keep,
  )
  const box = createElement('span', { class: 'controls' }, pause, stop, question)
  let run: RunView | undefined
  let asking = false

  const order = async (name: 'pause' | 'resume' | 'stop', button: HTMLButtonElement) => {
    button.disabled = true
    try {
      await command({ command: name })
      trouble.hidden = true
    } catch (error) {
      trouble.hidden = false
      setText(trouble, `Could not ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    button.disabled = false
  }
  const ask = (now: boolean, focus: HTMLElement) => {
    asking = now
    show(run)
    focus.focus()
  }
  pause.addEventListener('click', () => void order(run?.state.status === 'paused' ? 'resume' : 'pause', pause))
  stop.addEventListener('click', () => ask(true, keep))
  keep.addEventListener('click', () => ask(false, stop))
  sure.addEventListener('click', () => {
    asking = false
    show(run)
    void order('stop', stop)
  })
  question.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') ask(false, stop)
  })

  const show = (now: RunView | undefined) => {
    run = now
    const open = now?.info.steerable === true && (now.state.status === 'running' || now.state.status === 'paused')
    if (!open) asking = false
    box.hidden = !open
    setText(pause, now?.state.status === 'paused' ? 'Resume' : 'Pause')
    pause.hidden = stop.hidden = asking
    question.hidden = !asking
  }
  return { element: box, trouble, show }
}
