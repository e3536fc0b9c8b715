import { formatFixed } from '../view/number-format.js'
import { createElement, setText } from './element.js'

/** What the colours of tokens mean. */
export const createEntropyScale = () => {
  const top = createElement('span')
  const ramp = createElement('i', { class: 'ramp', 'aria-hidden': 'true' })
  ramp.append(
    ...Array.from({ length: 9 }, (_, i) => {
      const step = createElement('i')
      step.style.setProperty('--heat', String(i / 8))
      return step
    }),
  )
  const box = createElement('span', { class: 'scale', hidden: '' }, 'token entropy 0', ramp, top)
  return {
    element: box,
    show: (nats: number) => {
      box.hidden = false
      setText(top, `${formatFixed(nats, 1)} nats`)
    },
  }
}
