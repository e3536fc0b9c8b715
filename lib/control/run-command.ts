import * as t from 'io-ts'
import { WaypointsCodec } from '../codec/waypoints.js'

/** What a person may ask of a run under way. */
export const RunCommandCodec = t.union(
  [
    /** A band through these points, from the next batch on. */
    t.readonly(t.type({ command: t.literal('steer'), points: WaypointsCodec }, 'steer')),
    /** Back to the band that the run was planned with. */
    t.readonly(t.type({ command: t.literal('release') }, 'release')),
    /** No new batch until it is resumed; the one under way ends first. */
    t.readonly(t.type({ command: t.literal('pause') }, 'pause')),
    t.readonly(t.type({ command: t.literal('resume') }, 'resume')),
    /** The end of the run, with everything written that there is. */
    t.readonly(t.type({ command: t.literal('stop') }, 'stop')),
  ],
  'RunCommand',
)

export type RunCommand = t.TypeOf<typeof RunCommandCodec>
