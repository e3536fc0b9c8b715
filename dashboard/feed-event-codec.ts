import * as t from 'io-ts'
import type { FeedEvent, RunInfo } from './feed.js'
import { BandCodec } from '../lib/entropy/band-codec.js'
import { WaypointsCodec } from '../lib/entropy/schedule/waypoints-codec.js'
import type { RunState } from '../lib/run/run-state.js'
import { StepEvaluationCodec } from '../lib/run/step-evaluation.js'
import { StepMetricsCodec } from '../lib/run/step-metrics.js'
import { StepSecondsCodec } from '../lib/run/step-seconds.js'

const RunInfoCodec: t.Type<RunInfo, unknown> = t.type(
  {
    run: t.number,
    name: t.string,
    heading: t.string,
    planned: t.number,
    band: t.readonlyArray(BandCodec),
    steerable: t.boolean,
  },
  'RunInfo',
)

const statuses = { running: null, paused: null, stopping: null, finished: null, interrupted: null, failed: null }

const RunStateCodec: t.Type<RunState, unknown> = t.type(
  { status: t.keyof(statuses satisfies Record<RunState['status'], null>), hand: t.union([WaypointsCodec, t.null]) },
  'RunState',
)

const linesOf = <L extends string, A extends t.Mixed>(log: L, line: A) =>
  t.type({ event: t.literal('log'), run: t.number, log: t.literal(log), lines: t.readonlyArray(line) }, log)

/** What a page is told of a run, as a message. */
export const FeedEventCodec: t.Type<FeedEvent, unknown> = t.union(
  [
    t.type({ event: t.literal('runs'), runs: t.readonlyArray(RunInfoCodec) }, 'runs'),
    t.type({ event: t.literal('state'), run: t.number, state: RunStateCodec }, 'state'),
    linesOf('metrics', StepMetricsCodec),
    linesOf('timings', StepSecondsCodec),
    linesOf('evaluations', StepEvaluationCodec),
  ],
  'FeedEvent',
)
