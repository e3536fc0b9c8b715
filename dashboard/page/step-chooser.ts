import { BehaviorSubject } from 'rxjs'
import { createElement } from './element.js'
import type { Page } from './page.js'

/** Inputs that choose a step of the run: the latest (`step$` emits null), or a certain one. */
export const createStepChooser = (page: Page) => {
  const step$ = new BehaviorSubject<number | null>(null)
  const latest = createElement('input', { type: 'checkbox', id: page.identifier('latest') })
  latest.checked = true
  const slider = createStepInput('range', 'Step of the rollouts')
  const number = createStepInput('number', 'Step of the rollouts, as a number')
  let last = 0
  const showStep = (step: number) => (slider.value = number.value = String(step))
  const choose = (value: string) => {
    const step = Math.min(Math.max(0, Math.round(Number(value))), last)
    latest.checked = false
    showStep(step)
    step$.next(step)
  }
  slider.addEventListener('input', () => choose(slider.value))
  number.addEventListener('change', () => choose(number.value))
  latest.addEventListener('change', () => {
    if (latest.checked) showStep(last)
    step$.next(latest.checked ? null : Number(slider.value))
  })
  const label = createElement('label', { for: latest.id }, latest, ' latest')
  return {
    element: createElement('span', { class: 'chooser' }, label, slider, number),
    step$,
    isLatest: () => step$.value === null,
    /** Sets the last step that can be chosen. */
    limit: (now: number) => {
      last = now
      slider.max = number.max = String(now)
      if (step$.value === null) showStep(now)
    },
  }
}

const createStepInput = (type: 'range' | 'number', label: string): HTMLInputElement =>
  createElement('input', { type, min: '0', max: '0', value: '0', 'aria-label': label })
