import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { band, type Schedule } from '../../lib/entropy/band.js'
import type { Band } from '../../lib/rollout/band.js'
import { schedules } from '../../lib/entropy/schedule/index.js'
import { closed } from './closed.js'
import { integerFrom, nonNegative } from './fields.js'
import { refined } from './refined.js'
import { tagged } from './tagged.js'

/** The band of a run as it stands in its configuration. @units nats per token; steps counted from 0 */
export type BandPlan =
  | { readonly schedule: 'constant'; readonly from: Band }
  | { readonly schedule: 'linear' | 'cosine'; readonly from: Band; readonly to: Band; readonly steps?: number }
  | { readonly schedule: 'piecewise'; readonly points: readonly { readonly step: number; readonly band: Band }[] }

export const scheduleNames = [
  'constant',
  'linear',
  'cosine',
  'piecewise',
] as const satisfies readonly BandPlan['schedule'][]

const bounds = refined(closed({ low: nonNegative, high: nonNegative }, {}, 'a band: low and high'), ({ low, high }) => {
  const checked = band(low, high)
  return E.isLeft(checked) ? checked.left.message : undefined
})

const points = refined(t.readonlyArray(closed({ step: integerFrom(0), band: bounds }), 'a list of points'), (list) =>
  list.length > 0 && list.every(({ step }, i) => i === 0 || step > list[i - 1]!.step)
    ? undefined
    : `found steps [${list.map(({ step }) => step).join(', ')}], expected at least one, each above the one before`,
)

const ramp = <A extends 'linear' | 'cosine'>(schedule: A) =>
  closed({ schedule: t.literal(schedule), from: bounds, to: bounds }, { steps: integerFrom(1) })

export const BandPlanCodec = tagged<BandPlan>('schedule', {
  constant: closed({ schedule: t.literal('constant'), from: bounds }),
  linear: ramp('linear'),
  cosine: ramp('cosine'),
  piecewise: closed({ schedule: t.literal('piecewise'), points }),
})

/** The plan as a schedule; a ramp that names no steps lasts the whole run. */
export const scheduleOf = (plan: BandPlan, runSteps: number): Schedule => {
  switch (plan.schedule) {
    case 'constant':
      return schedules.constant.create(plan.from)
    case 'linear':
      return schedules.linear.create({ steps: runSteps, ...plan })
    case 'cosine':
      return schedules.cosine.create({ steps: runSteps, ...plan })
    case 'piecewise':
      return schedules.piecewise.create(plan.points)
  }
}
