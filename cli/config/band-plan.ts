import * as t from 'io-ts'
import { BandCodec } from '../../lib/codec/band.js'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import type { Schedule } from '../../lib/entropy/band.js'
import type { Band } from '../../lib/rollout/band.js'
import { schedules } from '../../lib/entropy/schedule/index.js'
import { isMapping, onlyFields, strictRecord } from './strict-record.js'
import { integerFrom } from './fields.js'
import { withRule } from './with-faults.js'
import { taggedUnion } from './tagged-union.js'

/** Schedule that moves the band from one place to another. */
type RampName = 'linear' | 'cosine' | 'exponential'

/** Entropy band of a run. @units nats per token; steps counted from 0 */
export type BandPlan<B = Band> =
  | { readonly schedule: 'constant'; readonly from: B }
  | { readonly schedule: RampName; readonly from: B; readonly to: B; readonly steps?: number }
  | { readonly schedule: 'piecewise'; readonly points: readonly { readonly step: number; readonly band: Band }[] }

/** Band in a configuration; `auto` is made from the entropy that is measured before the run. */
export type BandOrAuto = Band | 'auto'

/** Entropy band in a configuration. Schedule `auto` is a linear one whose bands are `auto` unless they are given. */
export type BandSettings =
  | BandPlan<BandOrAuto>
  | { readonly schedule: 'auto'; readonly from?: BandOrAuto; readonly to?: BandOrAuto; readonly steps?: number }

export const scheduleNames = [
  'constant',
  'linear',
  'cosine',
  'exponential',
  'piecewise',
  'auto',
] as const satisfies readonly BandSettings['schedule'][]

/** Codec of a band without other fields. */
export const bounds = onlyFields(BandCodec, ['low', 'high'])

const BOUNDS_OR_AUTO = `${BandCodec.name}, or auto`

/** Codec of a band or `auto`. It is no union of io-ts, whose error would not say which bound is wrong. */
const boundsOrAuto: t.Type<BandOrAuto> = new t.Type(
  BOUNDS_OR_AUTO,
  (u): u is BandOrAuto => u === 'auto' || bounds.is(u),
  (u, context) => {
    if (u === 'auto') return t.success(u)
    return isMapping(u) ? bounds.validate(u, context) : t.failure(u, context, foundAndExpected(u, BOUNDS_OR_AUTO))
  },
  t.identity,
)

const points = withRule(
  t.readonlyArray(strictRecord({ step: integerFrom(0), band: bounds }), 'a list of points'),
  (list) =>
    list.length > 0 && list.every(({ step }, i) => i === 0 || step > list[i - 1]!.step)
      ? undefined
      : `found steps [${list.map(({ step }) => step).join(', ')}], expected at least one, each above the one before`,
)

const ramp = <A extends RampName>(schedule: A) =>
  strictRecord({ schedule: t.literal(schedule), from: boundsOrAuto, to: boundsOrAuto }, { steps: integerFrom(1) })

export const BandSettingsCodec = taggedUnion<BandSettings>('schedule', {
  constant: strictRecord({ schedule: t.literal('constant'), from: boundsOrAuto }),
  linear: ramp('linear'),
  cosine: ramp('cosine'),
  exponential: ramp('exponential'),
  piecewise: strictRecord({ schedule: t.literal('piecewise'), points }),
  auto: strictRecord({ schedule: t.literal('auto') }, { from: boundsOrAuto, to: boundsOrAuto, steps: integerFrom(1) }),
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
    case 'exponential':
      return schedules.exponential.create({ steps: runSteps, ...plan })
    case 'piecewise':
      return schedules.piecewise.create(plan.points)
  }
}
