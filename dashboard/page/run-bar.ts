import { type Choice, toggled } from '../view/choice.js'
import { statusWords } from '../view/status-words.js'
import { done, type View } from '../view/view.js'
import { element, setText } from './element.js'

const COLOURS = 6

/** The colour of a run wherever it is drawn beside others. */
export const runColour = (run: number): string => `run-${run % COLOURS}`

/** The runs by their colours: which are drawn, and which one the page is about. */
export const runBar = (view: View, choose: (change: Partial<Choice>) => void) => {
  let choice: Choice | undefined
  const chips = view.runs.map(({ info }, run) => {
    const swatch = element('i', { class: 'swatch line' })
    swatch.style.setProperty('--swatch', `var(--${runColour(run)})`)
    const drawn = element('input', { type: 'checkbox', 'aria-label': `Draw ${info.name}` })
    drawn.addEventListener('change', () => choose({ hidden: toggled(choice!.hidden, run) }))
    const words = element('small')
    const button = element('button', { type: 'button', class: 'quiet' }, info.name, words)
    button.addEventListener('click', () => choose({ selected: run }))
    return { drawn, button, words, element: element('li', {}, drawn, swatch, button) }
  })
  return {
    element: element('ul', { class: 'runs', 'aria-label': 'Runs' }, ...chips.map(({ element }) => element)),
    show: ({ runs }: View, chosen: Choice) => {
      choice = chosen
      chips.forEach(({ drawn, button, words }, run) => {
        drawn.checked = run === chosen.selected || !chosen.hidden.has(run)
        drawn.disabled = run === chosen.selected
        button.setAttribute('aria-pressed', String(run === chosen.selected))
        const { state, info } = runs[run]!
        setText(words, ` ${statusWords[state.status]}, ${done(runs[run]!)} of ${info.planned}`)
      })
    },
  }
}
