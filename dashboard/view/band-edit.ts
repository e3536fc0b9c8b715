import type { RunCommand } from '../../lib/control/run-command.js'
import type { RunState } from '../../lib/control/run-state.js'
import type { Waypoint } from '../../lib/rollout/band.js'
import { type BandPlan, bandPlanOf, planThrough } from './band-plan.js'
import type { Bound } from './band-points.js'
import { countSteps, type RunView } from './view.js'

/** Points of a band that the user has moved and that the run has not taken over yet. */
export type PendingEdit = readonly Waypoint[]

/** Drag of a point under way. */
export interface BandDrag {
  /** Index of the point. */
  readonly point: number
  /** Bound that moves, or both bounds of the band. */
  readonly part: Bound | 'band'
  /** Height of the pointer when the drag began. @units nats per token */
  readonly from: number
  /** Points when the drag began. */
  readonly start: readonly Waypoint[]
  /** Edit that is restored if the drag is cancelled. */
  readonly before: PendingEdit | null
}

/** Command that the run has not taken over yet. */
export interface BandRequest {
  readonly command: RunCommand
  /** Override that was in force when the command was made. The command holds when another override is in force. */
  readonly override: RunState['override']
  /** Whether the server has accepted the command. */
  readonly accepted: boolean
}

/** Reason for which the last edit did not reach the run: the refusal of the server, or the start of the last step. */
export type BandNotice = { readonly refused: string } | 'too late'

/** State of the handles that move the band of one run. */
export interface BandEdit {
  /** Run whose band is edited, its index among the runs, and how often the feed had begun; null before the first event. */
  readonly target: { readonly run: RunView; readonly index: number; readonly beginnings: number } | null
  /** Points of the plan in force; empty if the run cannot be steered now. */
  readonly points: readonly Waypoint[]
  readonly edit: PendingEdit | null
  readonly drag: BandDrag | null
  /** Whether an edit by keys waits to be sent. */
  readonly typing: boolean
  readonly request: BandRequest | null
  readonly notice: BandNotice | null
}

export const noBandEdit: BandEdit = {
  target: null,
  points: [],
  edit: null,
  drag: null,
  typing: false,
  request: null,
  notice: null,
}

/** Returns the points that the handles show. */
export const shownPoints = ({ edit, points }: BandEdit): readonly Waypoint[] => edit ?? points

/** Returns the plan that the chart shows: through the pending edit if there is one. */
export const shownPlan = (run: RunView, edit: PendingEdit | null): BandPlan =>
  edit === null ? bandPlanOf(run) : planThrough(run.info.band, edit)

/** Returns the largest value of a high bound: at least 1, and about twice the highest bound now. @units nats per token */
export const ceilingOf = (points: readonly Waypoint[]): number =>
  Math.max(1, ...points.map(({ band }) => Math.ceil(20 * band.high) / 10))

export const isSteerable = (run: RunView | undefined): run is RunView =>
  run?.info.steerable === true && (run.state.status === 'running' || run.state.status === 'paused')

/** Returns whether the run follows an override that this page can release. */
export const canRelease = ({ target }: BandEdit): boolean =>
  isSteerable(target?.run) && bandPlanOf(target.run).override !== null

/** Returns the first step whose band can still change. */
export const nextStep = ({ target }: BandEdit): number => (target === null ? 0 : countSteps(target.run))

/** Returns the text under the chart: the state of the last command, or how to move the band. */
export const bandEditText = ({ request, notice, target }: BandEdit): string => {
  if (request !== null) return request.accepted ? 'Sent; it holds from the next step on.' : 'Sending …'
  if (notice !== null) return notice === 'too late' ? 'The last step has begun.' : `Refused: ${notice.refused}`
  return isSteerable(target?.run) ? hint : ''
}

const hint =
  'Drag a point or the band, also beyond the axis, or move a point with the arrow keys. The change holds from the next step on.'
