import type { Curve } from '../view/figure.js'
import { createElement } from './element.js'

const SVG = 'http://www.w3.org/2000/svg'

/** Size of the sample of a line, which shows its dashes. @units pixels */
const WIDTH = 28
const HEIGHT = 8

/** Sample of a curve for a legend: a piece of its line, or its colour. */
export const createSwatch = (curve: Pick<Curve, 'colour' | 'kind' | 'dash' | 'striped'>): Element => {
  const { colour, kind, dash, striped = false } = curve
  if (kind === 'line' || kind === 'thin') return createLine(colour, dash)
  const swatch = createElement('i', { class: `swatch ${kind}${striped ? ' striped' : ''}` })
  swatch.style.setProperty('--swatch', `var(--${colour})`)
  return swatch
}

const createLine = (colour: string, dash: readonly number[] = []): Element => {
  const sample = document.createElementNS(SVG, 'svg')
  const line = document.createElementNS(SVG, 'path')
  const size = { class: 'swatch line', 'aria-hidden': 'true', width: WIDTH, height: HEIGHT }
  for (const [name, value] of Object.entries(size)) sample.setAttribute(name, String(value))
  line.setAttribute('d', `M0 ${HEIGHT / 2}H${WIDTH}`)
  line.setAttribute('stroke-dasharray', dash.join(' '))
  sample.style.setProperty('--swatch', `var(--${colour})`)
  sample.append(line)
  return sample
}
