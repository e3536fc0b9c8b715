import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { BandCodec } from './band.js'
import type { Waypoint } from '../rollout/band.js'

const List = t.readonlyArray(t.readonly(t.strict({ step: t.number, band: BandCodec })), 'waypoints')

/** Returns the error of the steps; undefined if they are increasing whole numbers from 0. */
const problem = (points: readonly Waypoint[]): string | undefined => {
  const steps = points.map(({ step }) => step)
  return steps.every((step, i) => Number.isSafeInteger(step) && step > (steps[i - 1] ?? -1))
    ? undefined
    : `found steps [${steps.join(', ')}], expected whole numbers from 0, each above the one before`
}

/** Codec of the points of a piecewise band in a log or a message. An empty list means that there is no override. */
export const WaypointsCodec: t.Type<readonly Waypoint[]> = new t.Type(
  List.name,
  (u): u is readonly Waypoint[] => List.is(u) && problem(u) === undefined,
  (u, context) =>
    pipe(
      List.validate(u, context),
      E.chain((points) => {
        const message = problem(points)
        return message === undefined ? t.success(points) : t.failure<readonly Waypoint[]>(u, context, message)
      }),
    ),
  t.identity,
)
