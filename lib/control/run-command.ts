import * as t from 'io-ts'
import { WaypointsCodec } from '../codec/waypoints.js'

/** Codec of the commands that a person sends to a run while it trains. */
export const RunCommandCodec = t.union(
  [
    /** Overrides the planned band by the band through these points, from the next batch on. */
    t.readonly(t.type({ command: t.literal('steer'), points: WaypointsCodec }, 'steer')),
    /** Ends the override: the planned band is in force again. */
    t.readonly(t.type({ command: t.literal('release') }, 'release')),
    /** Starts no new batch until `resume`; batches that have started are finished. */
    t.readonly(t.type({ command: t.literal('pause') }, 'pause')),
    /** Ends a pause. */
    t.readonly(t.type({ command: t.literal('resume') }, 'resume')),
    /** Ends the run; its logs, plots and weights are written. */
    t.readonly(t.type({ command: t.literal('stop') }, 'stop')),
  ],
  'RunCommand',
)

/** Command that a person sends to a run while it trains. */
export type RunCommand = t.TypeOf<typeof RunCommandCodec>
