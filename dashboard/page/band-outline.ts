import type uPlot from 'uplot'
import { stepNumber } from '../../lib/report/step-number.js'
import { type BandEdit, shownPlan, shownPoints } from '../view/band-edit.js'

/** Steps at which the outline follows a curved plan. */
const SAMPLES = 41

/** Returns the band between the first and the last shown point as a closed SVG path. @units pixels of the plot */
export const outlineBand = (plot: uPlot, state: BandEdit): string => {
  const points = shownPoints(state)
  if (points.length < 2 || state.target === null) return ''
  const { at } = shownPlan(state.target.run, state.edit)
  const steps = stepsAlong(points.map(({ step }) => step))
  const corner = (step: number, nats: number) =>
    `${plot.valToPos(stepNumber(step), 'x').toFixed(1)},${plot.valToPos(nats, 'y').toFixed(1)}`
  const top = steps.map((step) => corner(step, at(step).high))
  const bottom = steps.toReversed().map((step) => corner(step, at(step).low))
  return `M${[...top, ...bottom].join('L')}Z`
}

/** Returns the steps of the points and evenly spaced steps between them, in order. */
const stepsAlong = (own: readonly number[]): readonly number[] => {
  const [first, last] = [own[0]!, own.at(-1)!]
  const even = Array.from({ length: SAMPLES }, (_, i) => first + Math.round((i * (last - first)) / (SAMPLES - 1)))
  return [...new Set([...even, ...own])].sort((a, b) => a - b)
}
