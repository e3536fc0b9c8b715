import { BehaviorSubject } from 'rxjs'
import { createElement } from './element.js'
import type { Page } from './page.js'

/** The latest step, or one that a person chose; null is the latest. */
export const createStepChooser = (page: Page) => {
  const step$ = new BehaviorSubject<number | null>(null)
  const latest = createElement('input', { type: 'checkbox', id: page.identifier('latest') })
  latest.checked = true
  const slider = createElement('input', {
    type: 'range',
    min: '0',
    max: '0',
    value: '0',
    'aria-label': 'Step of the rollouts',
  })
  const number = createElement('input', {
    type: 'number',
    min: '0',
    max: '0',
    value: '0',
    'aria-label': 'Step of the rollouts, as a number',
  })
  let last = 0
  const put = (step: number) => (slider.value = number.value = String(step))
  const choose = (value: string) => {
    const step = Math.min(Math.max(0, Math.round(Number(value))), last)
    latest.checked = false
    put(step)
    step$.next(step)
  }
  slider.addEventListener('input', () => choose(slider.value))
  number.addEventListener('change', () => choose(number.value))
  latest.addEventListener('change', () => {
    if (latest.checked) put(last)
    step$.next(latest.checked ? null : Number(slider.value))
  })
  return {
    element: createElement(
      'span',
      { class: 'chooser' },
      createElement('label', { for: latest.id }, latest, ' latest'),
      slider,
      number,
    ),
    step$,
    follows: () => step$.value === null,
    limit: (now: number) => {
      last = now
      slider.max = number.max = String(now)
      if (step$.value === null) put(now)
    },
  }
}
