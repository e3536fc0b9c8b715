import type { RunCommand } from '../../lib/control/run-command.js'
import {
  type BandDrag,
  type BandEdit,
  ceilingOf,
  isSteerable,
  nextStep,
  noBandEdit,
  type PendingEdit,
  shownPoints,
} from './band-edit.js'
import { movedByKey } from './band-keys.js'
import { bandPlanOf } from './band-plan.js'
import { type Bound, boundsOfPlan, dropPastPoints, moveBand, moveBound, nearestPoint, pointsOf } from './band-points.js'
import { countSteps, type RunView } from './view.js'

/** Input of the band editor. `nats` is the height of the pointer, and `point` the index of a shown point. */
export type BandEditEvent =
  | { readonly event: 'run'; readonly run: RunView; readonly index: number; readonly beginnings: number }
  | { readonly event: 'grab bound'; readonly point: number; readonly bound: Bound; readonly nats: number }
  /** The band is grabbed at the nearest point to a step. */
  | { readonly event: 'grab band'; readonly step: number; readonly nats: number }
  | { readonly event: 'move'; readonly nats: number }
  | { readonly event: 'drop' }
  | { readonly event: 'cancel' }
  | { readonly event: 'key'; readonly key: string; readonly point: number; readonly bound: Bound }
  | { readonly event: 'keys rest' }
  | { readonly event: 'release' }
  | { readonly event: 'accepted' }
  | { readonly event: 'refused'; readonly reason: string }

/**
 * Returns the state after an event. A new `request` in it is a command to send; the events `accepted` and `refused` answer
 * the latest request.
 *
 *     grab -> move … -> drop     an edit, sent when the pointer is released
 *     key … -> keys rest         an edit, sent when no key was pressed for a while
 *     release                    back to the plan of the configuration
 *     run                        the override of the run confirms an accepted request
 */
export const reduceBandEdit = (state: BandEdit, event: BandEditEvent): BandEdit => {
  switch (event.event) {
    case 'run':
      return followRun(state, event)
    case 'grab bound':
      return startDrag(state, event.point, event.bound, event.nats)
    case 'grab band':
      return startDrag(state, nearestPoint(shownPoints(state), event.step), 'band', event.nats)
    case 'move':
      return state.drag === null ? state : { ...state, edit: draggedPoints(state.drag, event.nats) }
    case 'drop':
      return state.drag === null ? state : settle(dropPoint(state, state.drag))
    case 'cancel':
      return settle(cancelDrag(state))
    case 'key':
      return pressKey(state, event.key, event.point, event.bound)
    case 'keys rest':
      return state.typing ? sendEdit({ ...state, typing: false }) : state
    case 'release':
      return send({ ...state, edit: null }, { command: 'release' })
    case 'accepted':
      return state.request === null ? state : settle({ ...state, request: { ...state.request, accepted: true } })
    case 'refused':
      return settle({ ...state, request: null, edit: null, notice: { refused: event.reason } })
  }
}

/**
 * Two runs can have one name, and a feed can replace its runs, so the run is the same only if both name and index are. A
 * refusal that a lost connection caused ends when the feed begins again.
 */
const followRun = (
  state: BandEdit,
  { run, index, beginnings }: Extract<BandEditEvent, { readonly event: 'run' }>,
): BandEdit => {
  const { target } = state
  const isSame = target?.index === index && target.run.info.name === run.info.name
  const isNoticeOver = state.notice === 'too late' || target?.beginnings !== beginnings
  const kept = isSame ? { ...state, notice: isNoticeOver ? null : state.notice } : noBandEdit
  const points = isSteerable(run) ? pointsOf(bandPlanOf(run), countSteps(run), run.info.planned) : []
  return settle({ ...kept, target: { run, index, beginnings }, points })
}

/** Ends a request that has taken effect, and drops an edit that cannot be sent any more. */
const settle = (state: BandEdit): BandEdit => {
  const { request, target, edit, drag, typing } = state
  const holds = request?.accepted === true && target?.run.state.override !== request.override
  const isEditing = drag !== null || typing
  const isObsolete = (holds && !isEditing) || (!isSteerable(target?.run) && drag === null)
  return { ...state, request: holds ? null : request, edit: isObsolete ? null : edit }
}

/** A second pointer cancels the drag of the first. */
const startDrag = (before: BandEdit, point: number, part: BandDrag['part'], from: number): BandEdit => {
  const state = cancelDrag(before)
  return { ...state, drag: { point, part, from, start: shownPoints(state), before: state.edit } }
}

/**
 * A pointer back where it began restores the exact numbers, which a move rounds. The ceiling is that of the points before the
 * drag, so that it does not rise with the dragged point.
 */
const draggedPoints = ({ start, point, part, from }: BandDrag, nats: number): PendingEdit => {
  if (nats === from) return start
  const ceiling = ceilingOf(start)
  return part === 'band'
    ? moveBand(start, point, nats - from, ceiling)
    : moveBound(start, point, part, start[point]!.band[part] + nats - from, ceiling)
}

/** A drag that ends where it began changes nothing. */
const dropPoint = (state: BandEdit, drag: BandDrag): BandEdit =>
  isEqual(shownPoints(state), drag.start) ? cancelDrag(state) : sendEdit({ ...state, drag: null })

const cancelDrag = (state: BandEdit): BandEdit =>
  state.drag === null ? state : { ...state, drag: null, edit: state.drag.before }

const pressKey = (state: BandEdit, key: string, point: number, bound: Bound): BandEdit => {
  const shown = shownPoints(state)
  const ceiling = ceilingOf(shown)
  const { band } = shown[point]!
  const value = movedByKey(key, band[bound], boundsOfPlan(shown, bound))
  return value === undefined || value === band[bound]
    ? state
    : { ...state, typing: true, edit: moveBound(shown, point, bound, value, ceiling) }
}

/** Requests the pending edit from the next step on, unless it holds already. */
const sendEdit = (state: BandEdit): BandEdit => {
  const { edit, target } = state
  if (edit === null) return state
  const next = nextStep(state)
  if (!edit.some(({ step }) => step >= next)) return { ...state, edit: null, notice: 'too late' }
  const points = dropPastPoints(edit, next)
  return isEqual(points, target?.run.state.override)
    ? settle({ ...state, edit: null })
    : send(state, { command: 'steer', points })
}

const send = (state: BandEdit, command: RunCommand): BandEdit => ({
  ...state,
  request: { command, override: state.target?.run.state.override ?? null, accepted: false },
  notice: null,
})

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
