import { formatFixed } from '../view/number-format.js'
import { createElement, setText } from './element.js'

const COLOURS = 9

/** Scale of the token colours: from entropy 0 to the highest entropy. */
export const createEntropyScale = () => {
  const top = createElement('span')
  const ramp = createElement('i', { class: 'ramp', 'aria-hidden': 'true' })
  ramp.append(
    ...Array.from({ length: COLOURS }, (_, i) => {
      const cell = createElement('i')
      cell.style.setProperty('--heat', String(i / (COLOURS - 1)))
      return cell
    }),
  )
  const scale = createElement('span', { class: 'scale', hidden: '' }, 'token entropy 0', ramp, top)
  return {
    element: scale,
    show: (nats: number) => {
      scale.hidden = false
      setText(top, `${formatFixed(nats, 1)} nats`)
    },
  }
}
