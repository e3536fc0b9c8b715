import * as t from 'io-ts'
import { BandCodec } from '../../lib/codec/band.js'
import type { Schedule } from '../../lib/entropy/band.js'
import type { Band } from '../../lib/rollout/band.js'
import { schedules } from '../../lib/entropy/schedule/index.js'
import { onlyFields, strictRecord } from './strict-record.js'
import { integerFrom } from './fields.js'
import { withRule } from './with-faults.js'
import { taggedUnion } from './tagged-union.js'

/** Entropy band of a run in its configuration. @units nats per token; steps counted from 0 */
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

const bounds = onlyFields(BandCodec, ['low', 'high'])

const points = withRule(
  t.readonlyArray(strictRecord({ step: integerFrom(0), band: bounds }), 'a list of points'),
  (list) =>
    list.length > 0 && list.every(({ step }, i) => i === 0 || step > list[i - 1]!.step)
      ? undefined
      : `found steps [${list.map(({ step }) => step).join(', ')}], expected at least one, each above the one before`,
)

const ramp = <A extends 'linear' | 'cosine'>(schedule: A) =>
  strictRecord({ schedule: t.literal(schedule), from: bounds, to: bounds }, { steps: integerFrom(1) })

export const BandPlanCodec = taggedUnion<BandPlan>('schedule', {
  constant: strictRecord({ schedule: t.literal('constant'), from: bounds }),
  linear: ramp('linear'),
  cosine: ramp('cosine'),
  piecewise: strictRecord({ schedule: t.literal('piecewise'), points }),
})

/** Converts a plan to a schedule. A ramp without `steps` lasts the whole run. */
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
