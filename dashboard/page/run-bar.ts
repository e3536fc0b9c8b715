import { type Choice, isRunDrawn, toggleRun } from '../view/choice.js'
import { runStyleOf } from '../view/run-style.js'
import { statusText } from '../view/status-text.js'
import { countSteps, type RunView, type View } from '../view/view.js'
import { createElement, setText } from './element.js'
import { createSwatch } from './swatch.js'

/** List of the runs: a checkbox that draws each, and a button that selects the one that the page is about. */
export const createRunBar = (view: View, choose: (change: Partial<Choice>) => void) => {
  let choice: Choice | undefined
  const chips = view.runs.map(({ info }, run) =>
    createChip(info.name, run, {
      toggle: () => choose({ hidden: toggleRun(choice!.hidden, run) }),
      select: () => choose({ selected: run }),
    }),
  )
  return {
    element: createElement('ul', { class: 'runs', 'aria-label': 'Runs' }, ...chips.map(({ element }) => element)),
    show: ({ runs }: View, chosen: Choice) => {
      choice = chosen
      chips.forEach((chip, run) => chip.show(runs[run]!, isRunDrawn(chosen, run), run === chosen.selected))
    },
  }
}

interface ChipPorts {
  readonly toggle: () => void
  readonly select: () => void
}

const createChip = (name: string, run: number, { toggle, select }: ChipPorts) => {
  const swatch = createSwatch({ ...runStyleOf(run), kind: 'line' })
  const checkbox = createElement('input', { type: 'checkbox', 'aria-label': `Draw ${name}` })
  checkbox.addEventListener('change', toggle)
  const progress = createElement('small')
  const button = createElement('button', { type: 'button', class: 'quiet' }, name, progress)
  button.addEventListener('click', select)
  return {
    element: createElement('li', {}, checkbox, swatch, button),
    show: (view: RunView, isDrawn: boolean, isSelected: boolean) => {
      checkbox.checked = isDrawn
      checkbox.disabled = isSelected
      button.setAttribute('aria-pressed', String(isSelected))
      setText(progress, ` ${statusText(view.state)}, ${countSteps(view)} of ${view.info.planned}`)
    },
  }
}
