import * as t from 'io-ts'
import type { FeedEvent, Logs, RunInfo } from './feed.js'
import { WaypointsCodec } from '../lib/codec/waypoints.js'
import type { RunState } from '../lib/control/run-state.js'
import { RunServerCodec } from '../lib/run/run-server-codec.js'
import { StepEvaluationCodec } from '../lib/run/step-evaluation.js'
import { StepMetricsCodec } from '../lib/run/step-metrics.js'
import { StepRolloutsCodec } from '../lib/run/step-rollouts.js'
import { StepSecondsCodec } from '../lib/timing/step-seconds.js'

const RunInfoCodec: t.Type<RunInfo, unknown> = t.type(
  {
    run: t.number,
    name: t.string,
    heading: t.string,
    planned: t.number,
    band: WaypointsCodec,
    folder: t.union([t.string, t.null]),
    steerable: t.boolean,
  },
  'RunInfo',
)

const statuses = {
  running: null,
  paused: null,
  stopping: null,
  saving: null,
  finished: null,
  interrupted: null,
  failed: null,
}

const RunStateCodec: t.Type<RunState, unknown> = t.intersection(
  [
    t.type({
      status: t.keyof(statuses satisfies Record<RunState['status'], null>),
      override: t.union([WaypointsCodec, t.null]),
    }),
    t.partial({ lastSign: t.string, failure: t.string, servers: t.readonlyArray(RunServerCodec) }),
  ],
  'RunState',
)

const linesOf = <L extends keyof Logs>(log: L, line: t.Type<Logs[L], unknown>) =>
  t.type({ event: t.literal('log'), run: t.number, log: t.literal(log), lines: t.readonlyArray(line) }, log)

const kinds: Readonly<Record<string, t.Decoder<unknown, FeedEvent>>> = {
  runs: t.type({ event: t.literal('runs'), runs: t.readonlyArray(RunInfoCodec) }, 'runs'),
  state: t.type({ event: t.literal('state'), run: t.number, state: RunStateCodec }, 'state'),
  rollouts: t.type({ event: t.literal('rollouts'), run: t.number, rollouts: StepRolloutsCodec }, 'rollouts'),
  'log metrics': linesOf('metrics', StepMetricsCodec),
  'log timings': linesOf('timings', StepSecondsCodec),
  'log evaluations': linesOf('evaluations', StepEvaluationCodec),
}

const Kind = t.union([t.type({ event: t.literal('log'), log: t.string }), t.type({ event: t.string })])

const kindOf = (event: unknown): string =>
  Kind.is(event) ? ('log' in event ? `log ${event.log}` : event.event) : 'no event'

/** Codec of a feed message. It validates the kind of the message alone, so that an error is about that kind. */
export const FeedEventCodec: t.Decoder<unknown, FeedEvent> = {
  name: 'FeedEvent',
  validate: (u, context) =>
    kinds[kindOf(u)]?.validate(u, context) ??
    t.failure(u, context, `found ${kindOf(u)}, expected one of ${Object.keys(kinds).join(', ')}`),
  decode: (u) => FeedEventCodec.validate(u, [{ key: '', type: FeedEventCodec, actual: u }]),
}
