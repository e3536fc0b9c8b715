import type uPlot from 'uplot'
import type { Waypoint } from '../../lib/rollout/band.js'
import type { RunCommand } from '../../lib/control/run-command.js'
import { bandPlanOf, planThrough } from '../view/band-plan.js'
import { dropPastPoints, boundLimits, moveBand, moveBound, nearestPoint, pointsOf } from '../view/band-points.js'
import { countSteps, type RunView } from '../view/view.js'
import { createBandHandles } from './band-handles.js'
import { drag } from './drag.js'
import { createElement, setText } from './element.js'

/** Handles on the band to come: a person moves them, and the run is told. */
export interface BandEditor {
  /** What is said of it, under the chart. */
  readonly element: HTMLElement
  /** The run as it is now, and its place among the runs, since two may have one name. */
  readonly follow: (run: RunView, at: number) => void
  /** Puts the handles where the plot has them. */
  readonly place: (plot: uPlot) => void
  /** The band that a person means and that the run has not taken over yet. */
  readonly draft: () => readonly Waypoint[] | null
  /** Whether a handle is held. */
  readonly held: () => boolean
  /** Takes back what was not sent. */
  readonly close: () => void
}

export interface BandEditorPorts {
  readonly command: (command: RunCommand) => Promise<void>
  /** The draft is another. */
  readonly redraw: () => void
}

const KEYS_SETTLE_MS = 300
const fine = 0.01
const coarse = 0.05
const hint =
  'Drag a point or the band to come, or move a point by the arrow keys; the run follows from its next batch on.'

export const createBandEditor = ({ command, redraw }: BandEditorPorts): BandEditor => {
  let run: RunView | undefined
  let place: number | undefined
  let points: readonly Waypoint[] = []
  let draft: readonly Waypoint[] | null = null
  let plot: uPlot | undefined
  /** Lets go of what is held. */
  let letGo: (() => void) | undefined
  let keys: ReturnType<typeof setTimeout> | undefined
  /** The order under way, and the hand that was in force when it was given. */
  let sent: { readonly hand: RunView['state']['override']; readonly done: boolean } | null = null

  const words = createElement('span', { role: 'status' })
  const release = createElement('button', { type: 'button', class: 'quiet' }, 'Follow the plan')
  const panel = createElement('div', { class: 'band-words' }, words, release)

  const shown = () => draft ?? points
  const ceiling = () => Math.max(1, ...shown().map(({ band }) => Math.ceil(20 * band.high) / 10))
  const canMove = () =>
    run?.info.steerable === true && (run.state.status === 'running' || run.state.status === 'paused')
  const next = () => (run === undefined ? 0 : countSteps(run))

  const edit = (moved: readonly Waypoint[]) => {
    draft = moved
    show()
    redraw()
  }

  const order = async (what: RunCommand) => {
    const mine = { hand: run?.state.override ?? null, done: false }
    sent = mine
    setText(words, 'Sending …')
    panel.classList.remove('refused')
    show()
    try {
      await command(what)
      if (sent !== mine) return
      sent = { ...mine, done: true }
      setText(words, 'Sent; it holds from the next batch on.')
    } catch (error) {
      if (sent !== mine) return
      sent = null
      draft = null
      panel.classList.add('refused')
      setText(words, `Refused: ${error instanceof Error ? error.message : String(error)}`)
    }
    refresh()
    redraw()
  }
  const sendDraft = () => {
    if (draft === null) return
    const left = draft.filter(({ step }) => step >= next())
    if (left.length === 0) {
      draft = null
      setText(words, 'The last step has begun.')
      redraw()
      return
    }
    const wanted = dropPastPoints(draft, next())
    if (JSON.stringify(wanted) !== JSON.stringify(run?.state.override)) {
      void order({ command: 'steer', points: wanted })
      return
    }
    // It holds already, and a feed says nothing of what does not change.
    draft = null
    refresh()
    redraw()
  }
  release.addEventListener('click', () => {
    draft = null
    void order({ command: 'release' })
  })

  /** What was meant for one run is not sent to another. */
  const forget = () => {
    letGo?.()
    clearTimeout(keys)
    keys = undefined
    draft = null
    sent = null
  }

  const refresh = () => {
    if (sent?.done === true && run !== undefined && run.state.override !== sent.hand) {
      sent = null
      if (letGo === undefined && keys === undefined) draft = null
      setText(words, '')
    }
    if (!canMove() && letGo === undefined) draft = null
    const plan = run === undefined ? undefined : bandPlanOf(run)
    points = run === undefined || plan === undefined || !canMove() ? [] : pointsOf(plan, next(), run.info.planned)
    if (sent === null && draft === null && !panel.classList.contains('refused')) setText(words, canMove() ? hint : '')
    panel.hidden = points.length === 0 && words.textContent === ''
    release.hidden = !canMove() || plan?.override === null
    show()
  }

  const hold = (target: Element, down: PointerEvent, move: (event: PointerEvent) => readonly Waypoint[]) => {
    const before = draft
    handles.element.classList.add('held')
    letGo = drag(target, down, {
      move: (event) => edit(move(event)),
      end: (kept) => {
        letGo = undefined
        handles.element.classList.remove('held')
        if (kept && draft !== before) sendDraft()
        else draft = before
        refresh()
        redraw()
      },
    })
  }
  const natsAt = (clientY: number) => {
    const { min, max } = plot!.scales['y']!
    return Math.min(Math.max(plot!.posToVal(clientY - plot!.over.getBoundingClientRect().top, 'y'), min!), max!)
  }
  const handles = createBandHandles({
    takePoint: (handle, down, point, bound) => {
      const start = shown()
      const grip = start[point]!.band[bound] - natsAt(down.clientY)
      hold(handle, down, (event) => moveBound(start, point, bound, natsAt(event.clientY) + grip, ceiling()))
    },
    takeBand: (area, down) => {
      const start = shown()
      const left = down.clientX - plot!.over.getBoundingClientRect().left
      const point = nearestPoint(start, plot!.posToVal(left, 'x'))
      const from = natsAt(down.clientY)
      hold(area, down, (event) => moveBand(start, point, natsAt(event.clientY) - from, ceiling()))
    },
    key: (event, point, bound) => {
      const { band } = shown()[point]!
      const value = keyed(event.key, band[bound], boundLimits(band, bound, ceiling()))
      if (value === undefined) return
      event.preventDefault()
      edit(moveBound(shown(), point, bound, value, ceiling()))
      clearTimeout(keys)
      keys = setTimeout(() => {
        keys = undefined
        sendDraft()
      }, KEYS_SETTLE_MS)
    },
  })
  const show = () => {
    handles.show(shown(), ceiling())
    handles.element.classList.toggle('pending', sent !== null)
    if (plot !== undefined) put(plot)
  }
  const put = (now: uPlot) => {
    plot = now
    handles.place(now, outline(now, shown(), run, draft))
  }
  return {
    element: panel,
    follow: (now, at) => {
      if (at !== place || now.info.name !== run?.info.name) {
        forget()
        panel.classList.remove('refused')
        setText(words, '')
      }
      run = now
      place = at
      refresh()
    },
    place: put,
    draft: () => draft,
    held: () => letGo !== undefined,
    close: forget,
  }
}

const keyed = (key: string, value: number, { min, max }: { min: number; max: number }): number | undefined =>
  (
    ({
      ArrowUp: value + fine,
      ArrowRight: value + fine,
      ArrowDown: value - fine,
      ArrowLeft: value - fine,
      PageUp: value + coarse,
      PageDown: value - coarse,
      Home: min,
      End: max,
    }) as Readonly<Record<string, number>>
  )[key]

/** The band to come as a closed path, in pixels of the plot. */
const outline = (
  plot: uPlot,
  points: readonly Waypoint[],
  run: RunView | undefined,
  draft: readonly Waypoint[] | null,
): string => {
  if (points.length < 2 || run === undefined) return ''
  const plan = draft === null ? bandPlanOf(run) : planThrough(run.info.band, draft)
  const [first, last] = [points[0]!.step, points.at(-1)!.step]
  const even = Array.from({ length: 41 }, (_, i) => first + Math.round((i * (last - first)) / 40))
  const steps = [...new Set([...even, ...points.map(({ step }) => step)])].sort((a, b) => a - b)
  const corner = (step: number, nats: number) =>
    `${plot.valToPos(step, 'x').toFixed(1)},${plot.valToPos(nats, 'y').toFixed(1)}`
  const there = steps.map((step) => corner(step, plan.at(step).high))
  const back = steps.toReversed().map((step) => corner(step, plan.at(step).low))
  return `M${[...there, ...back].join('L')}Z`
}
