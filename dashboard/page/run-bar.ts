import { type Choice, toggleRun } from '../view/choice.js'
import { statusWords } from '../view/status-text.js'
import { countSteps, type View } from '../view/view.js'
import { createElement, setText } from './element.js'

const COLOURS = 6

/** The colour of a run wherever it is drawn beside others. */
export const colourOfRun = (run: number): string => `run-${run % COLOURS}`

/** The runs by their colours: which are drawn, and which one the page is about. */
export const createRunBar = (view: View, choose: (change: Partial<Choice>) => void) => {
  let choice: Choice | undefined
  const chips = view.runs.map(({ info }, run) => {
    const swatch = createElement('i', { class: 'swatch line' })
    swatch.style.setProperty('--swatch', `var(--${colourOfRun(run)})`)
    const drawn = createElement('input', { type: 'checkbox', 'aria-label': `Draw ${info.name}` })
    drawn.addEventListener('change', () => choose({ hidden: toggleRun(choice!.hidden, run) }))
    const words = createElement('small')
    const button = createElement('button', { type: 'button', class: 'quiet' }, info.name, words)
    button.addEventListener('click', () => choose({ selected: run }))
    return { drawn, button, words, element: createElement('li', {}, drawn, swatch, button) }
  })
  return {
    element: createElement('ul', { class: 'runs', 'aria-label': 'Runs' }, ...chips.map(({ element }) => element)),
    show: ({ runs }: View, chosen: Choice) => {
      choice = chosen
      chips.forEach(({ drawn, button, words }, run) => {
        drawn.checked = run === chosen.selected || !chosen.hidden.has(run)
        drawn.disabled = run === chosen.selected
        button.setAttribute('aria-pressed', String(run === chosen.selected))
        const { state, info } = runs[run]!
        setText(words, ` ${statusWords[state.status]}, ${countSteps(runs[run]!)} of ${info.planned}`)
      })
    },
  }
}
