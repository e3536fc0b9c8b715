import { fallingBands } from '../../lib/entropy/schedule/index.js'
import type { Band } from '../../lib/rollout/band.js'
import { counted } from '../../lib/report/number-text.js'
import type { BandOrAuto, BandPlan, BandSettings } from './band-plan.js'

/** Returns the plan of settings whose bands are all given; null if one is `auto`. */
export const givenPlan = (settings: BandSettings): BandPlan | null => {
  const plan = planOf(settings)
  return isGiven(plan) ? plan : null
}

/** Returns the plan of settings whose bands `auto` are made from a measured entropy > 0. @units nats per token */
export const measuredPlan = (settings: BandSettings, entropy: number): BandPlan => {
  const plan = planOf(settings)
  if (plan.schedule === 'piecewise') return plan
  const bands = fallingBands(entropy)
  const from = plan.from === 'auto' ? rounded(bands.from) : plan.from
  if (plan.schedule === 'constant') return { ...plan, from }
  return { ...plan, from, to: plan.to === 'auto' ? rounded(bands.to) : plan.to }
}

const planOf = (settings: BandSettings): BandPlan<BandOrAuto> => {
  if (settings.schedule !== 'auto') return settings
  const { from = 'auto', to = 'auto', steps } = settings
  return { schedule: 'linear', from, to, ...(steps === undefined ? {} : { steps }) }
}

const isGiven = (plan: BandPlan<BandOrAuto>): plan is BandPlan =>
  plan.schedule === 'piecewise' || (plan.from !== 'auto' && (plan.schedule === 'constant' || plan.to !== 'auto'))

/** Rounds a band to three significant digits, so that people can read and repeat it. */
const rounded = ({ low, high }: Band): Band => ({ low: threeDigits(low), high: threeDigits(high) })

const threeDigits = (nats: number): number => Number(nats.toPrecision(3))

/** Describes a plan in words: `the band falls from 1.85-2.21 to 0.492-0.861`. */
export const describePlan = (plan: BandPlan): string => {
  if (plan.schedule === 'piecewise') return `the band has ${counted(plan.points.length, 'point')}`
  if (plan.schedule === 'constant') return `the band stays at ${bandText(plan.from)}`
  const verb = plan.to.high > plan.from.high ? 'rises' : 'falls'
  return `the band ${verb} from ${bandText(plan.from)} to ${bandText(plan.to)}`
}

/** Text of a band: `0.5-0.6`. */
export const bandText = ({ low, high }: Band): string => `${low}-${high}`
