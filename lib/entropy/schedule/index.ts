import type { RegistryEntry } from '../../registry.js'
import type { Schedule } from '../band.js'
import { constantBand } from './constant.js'
import { cosineBand } from './cosine.js'
import { exponentialBand } from './exponential.js'
import { fallingBand, fallingBands } from './falling.js'
import { linearBand } from './linear.js'
import { piecewiseBand } from './piecewise.js'

/** Entry of the registry {@link schedules}: `create(plan)` makes the schedule from a band, a ramp, a list of points or a measured entropy. */
export type ScheduleEntry = RegistryEntry<(plan: never) => Schedule>

/**
 * Schedules of the entropy band by name.
 *
 * @example
 * schedules.linear.create({ from: { low: 0.6, high: 0.7 }, to: { low: 0.1, high: 0.2 }, steps: 200 })
 */
export const schedules = {
  constant: { create: constantBand, about: 'the same band at every step', paper: 'arXiv:2604.26326, section 5.3' },
  linear: {
    create: linearBand,
    about: 'a band that moves from one place to another by the same amount at every step',
    paper: 'arXiv:2604.26326, section 5.3',
  },
  cosine: {
    create: cosineBand,
    about: 'a band that moves from one place to another along half a cosine, fastest half way',
    paper: 'arXiv:2604.26326, section 5.3',
  },
  exponential: {
    create: exponentialBand,
    about: 'a band that moves from one place to another along an exponential, fastest at first',
  },
  piecewise: { create: piecewiseBand, about: 'a band through given points, linear between them' },
  falling: {
    create: fallingBand,
    about: 'a band that moves along a line from a measured entropy to a third of it',
    paper: 'arXiv:2604.26326, section 5.3',
  },
} as const satisfies Record<string, ScheduleEntry>

/** Name of a schedule in the registry {@link schedules}. */
export type ScheduleName = keyof typeof schedules

export { constantBand, cosineBand, exponentialBand, fallingBand, fallingBands, linearBand, piecewiseBand }
export type { FallingPlan } from './falling.js'
export type { Ramp } from './ramp.js'
