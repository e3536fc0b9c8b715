import { fixed } from '../view/words.js'
import { element, setText } from './element.js'

/** What the colours of tokens mean. */
export const entropyScale = () => {
  const top = element('span')
  const ramp = element('i', { class: 'ramp', 'aria-hidden': 'true' })
  ramp.append(
    ...Array.from({ length: 9 }, (_, i) => {
      const step = element('i')
      step.style.setProperty('--heat', String(i / 8))
      return step
    }),
  )
  const box = element('span', { class: 'scale', hidden: '' }, 'token entropy 0', ramp, top)
  return {
    element: box,
    show: (nats: number) => {
      box.hidden = false
      setText(top, `${fixed(nats, 1)} nats`)
    },
  }
}
