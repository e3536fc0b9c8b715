import { isSteerable } from '../view/band-edit.js'
import { messageOf } from '../view/error-message.js'
import type { RunView } from '../view/view.js'
import { createElement, setText } from './element.js'
import type { SendCommand } from './page.js'

/**
 * Buttons that pause, resume and stop a run. They are hidden if the run takes no commands. An error stays until the next
 * command succeeds or the feed begins again.
 */
export const createRunControls = (command: SendCommand) => {
  const trouble = createElement('p', { class: 'trouble', role: 'alert', hidden: '' })
  const pause = createElement('button', { type: 'button' })
  const stop = createStopButton((button) => void send('stop', button), pause)
  const controls = createElement('span', { class: 'controls' }, pause, stop.element, stop.question)
  let isPaused = false
  let begun = 0

  const send = async (name: 'pause' | 'resume' | 'stop', button: HTMLButtonElement) => {
    button.disabled = true
    try {
      await command({ command: name })
      trouble.hidden = true
    } catch (error) {
      trouble.hidden = false
      setText(trouble, `Could not ${name}: ${messageOf(error)}`)
    }
    button.disabled = false
  }
  pause.addEventListener('click', () => void send(isPaused ? 'resume' : 'pause', pause))
  return {
    element: controls,
    trouble,
    show: (run: RunView | undefined, beginnings: number) => {
      if (beginnings !== begun) trouble.hidden = true
      begun = beginnings
      isPaused = run?.state.status === 'paused'
      controls.hidden = !isSteerable(run)
      setText(pause, isPaused ? 'Resume' : 'Pause')
      if (controls.hidden) stop.close()
    },
  }
}

/** Button that stops a run after a question, which takes the place of the button and of the one `beside` it. */
const createStopButton = (confirm: (button: HTMLButtonElement) => void, beside: HTMLElement) => {
  const stop = createElement('button', { type: 'button', class: 'danger' }, 'Stop')
  const yes = createElement('button', { type: 'button', class: 'danger' }, 'Stop the run')
  const no = createElement('button', { type: 'button' }, 'Keep running')
  const attributes = { class: 'question', role: 'group', 'aria-label': 'Stop this run?', hidden: '' }
  const question = createElement('span', attributes, yes, no)
  const ask = (isAsking: boolean) => {
    beside.hidden = stop.hidden = isAsking
    question.hidden = !isAsking
  }
  const keepRunning = () => {
    ask(false)
    stop.focus()
  }
  stop.addEventListener('click', () => {
    ask(true)
    no.focus()
  })
  yes.addEventListener('click', () => {
    ask(false)
    confirm(stop)
  })
  no.addEventListener('click', keepRunning)
  question.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') keepRunning()
  })
  return { element: stop, question, close: () => ask(false) }
}
