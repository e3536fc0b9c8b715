import { type Span, spans } from '../view/choice.js'
import { createElement } from './element.js'
import type { Page } from './page.js'

/** Radio buttons that choose the steps that the charts show. */
export const createSpanChoice = ({ identifier }: Page, choose: (span: Span) => void) => {
  const name = identifier('span')
  const radios = spans.map((span) => {
    const radio = createElement('input', { type: 'radio', name, value: span })
    radio.addEventListener('change', () => choose(span))
    return radio
  })
  return {
    element: createElement(
      'fieldset',
      { class: 'spans' },
      createElement('legend', { class: 'sr-only' }, 'Steps that the charts show'),
      ...radios.map((radio) => createElement('label', {}, radio, createElement('span', {}, radio.value))),
    ),
    show: (span: Span) => {
      for (const radio of radios) radio.checked = radio.value === span
    },
  }
}
