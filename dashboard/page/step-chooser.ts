import { BehaviorSubject } from 'rxjs'
import { stepOfNumber } from '../../lib/report/step-number.js'
import { createElement } from './element.js'
import type { Page } from './page.js'

/** Inputs that choose a step of the run: the latest (`step$` emits null), or a certain one. They show numbers of steps. */
export const createStepChooser = (page: Page) => {
  const step$ = new BehaviorSubject<number | null>(null)
  const latest = createElement('input', { type: 'checkbox', id: page.identifier('latest') })
  latest.checked = true
  const slider = createNumberInput('range', 'Step of the rollouts')
  const field = createNumberInput('number', 'Step of the rollouts, as a number')
  let last = 1
  const show = (number: number) => (slider.value = field.value = String(number))
  const choose = (value: string) => {
    const number = Math.min(Math.max(1, Math.round(Number(value))), last)
    latest.checked = false
    show(number)
    step$.next(stepOfNumber(number))
  }
  slider.addEventListener('input', () => choose(slider.value))
  field.addEventListener('change', () => choose(field.value))
  latest.addEventListener('change', () => {
    if (latest.checked) show(last)
    step$.next(latest.checked ? null : stepOfNumber(Number(slider.value)))
  })
  const label = createElement('label', { for: latest.id }, latest, ' latest')
  return {
    element: createElement('span', { class: 'chooser' }, label, slider, field),
    step$,
    isLatest: () => step$.value === null,
    /** Sets the number of finished steps, which can be chosen. */
    limit: (count: number) => {
      last = Math.max(1, count)
      slider.max = field.max = String(last)
      if (step$.value === null) show(last)
    },
  }
}

const createNumberInput = (type: 'range' | 'number', label: string): HTMLInputElement =>
  createElement('input', { type, min: '1', max: '1', value: '1', 'aria-label': label })
