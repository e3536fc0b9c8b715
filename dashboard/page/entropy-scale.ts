import type { ScoreMethod } from '../../lib/rollout/scores.js'
import { formatFixed } from '../view/number-format.js'
import { createElement, setText } from './element.js'

const COLOURS = 9

/** Scale of the token colours: from entropy 0 to the highest entropy. Sampled scores have the surprise of a token in its place. */
export const createEntropyScale = () => {
  const start = createElement('span')
  const top = createElement('span')
  const ramp = createElement('i', { class: 'ramp', 'aria-hidden': 'true' })
  ramp.append(
    ...Array.from({ length: COLOURS }, (_, i) => {
      const cell = createElement('i')
      cell.style.setProperty('--heat', String(i / (COLOURS - 1)))
      return cell
    }),
  )
  const scale = createElement('span', { class: 'scale', hidden: '' }, start, ramp, top)
  return {
    element: scale,
    show: (nats: number, method: ScoreMethod | null) => {
      scale.hidden = false
      setText(start, method === 'sampled' ? 'token surprise −log p 0' : 'token entropy 0')
      setText(top, `${formatFixed(nats, 1)} nats`)
    },
  }
}
