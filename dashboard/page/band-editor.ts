import type { Waypoint } from '../../lib/entropy/schedule/piecewise.js'
import type { RunCommand } from '../../lib/run/run-command.js'
import type uPlot from 'uplot'
import { bandPlan, throughPoints } from '../view/band-plan.js'
import { type Bound, fromStepOn, limits, moveBand, moveBound, nearest, pointsOf } from '../view/band-points.js'
import { done, type RunView } from '../view/view.js'
import { fixed } from '../view/words.js'
import { element, setText } from './element.js'

/** Handles on the band to come: a person moves them, and the run is told. */
export interface BandEditor {
  /** What is said of it, under the chart. */
  readonly element: HTMLElement
  /** The run as it is now. */
  readonly follow: (run: RunView | undefined) => void
  /** Puts the handles where the plot has them. */
  readonly place: (plot: uPlot) => void
  /** The band that a person means and that the run has not taken over yet. */
  readonly draft: () => readonly Waypoint[] | null
  /** Whether a handle is held. */
  readonly held: () => boolean
}

export interface BandEditorPorts {
  readonly command: (command: RunCommand) => Promise<void>
  /** The draft is another. */
  readonly redraw: () => void
}

const bounds: readonly Bound[] = ['high', 'low']
const KEYS_SETTLE_MS = 300
const fine = 0.01
const coarse = 0.05
const hint =
  'Drag a point or the band to come, or move a point by the arrow keys; the run follows from its next batch on.'

export const bandEditor = ({ command, redraw }: BandEditorPorts): BandEditor => {
  let run: RunView | undefined
  let points: readonly Waypoint[] = []
  let draft: readonly Waypoint[] | null = null
  let held = false
  let plot: uPlot | undefined
  let keys: ReturnType<typeof setTimeout> | undefined
  /** The order under way, and the hand that was in force when it was given. */
  let sent: { readonly hand: RunView['state']['hand']; readonly done: boolean } | null = null

  const words = element('span', { role: 'status' })
  const release = element('button', { type: 'button', class: 'quiet' }, 'Follow the plan')
  const panel = element('div', { class: 'band-words' }, words, release)
  const layer = element('div', { class: 'handles', role: 'group', 'aria-label': 'The band to come' })
  const area = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  area.setAttribute('aria-hidden', 'true')
  area.append(path)
  layer.append(area)
  const handles = new Map<string, HTMLElement>()

  const shown = () => draft ?? points
  const ceiling = () => Math.max(1, ...shown().map(({ band }) => Math.ceil(20 * band.high) / 10))
  const canMove = () =>
    run?.info.steerable === true && (run.state.status === 'running' || run.state.status === 'paused')
  const next = () => (run === undefined ? 0 : done(run))

  const edit = (moved: readonly Waypoint[]) => {
    draft = moved
    show()
    redraw()
  }

  const order = async (what: RunCommand) => {
    const mine = { hand: run?.state.hand ?? null, done: false }
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
    follow(run)
    redraw()
  }
  const sendDraft = () => {
    if (draft === null) return
    const left = draft.filter(({ step }) => step >= next())
    if (left.length === 0) {
      draft = null
      setText(words, 'The last step has begun.')
      redraw()
    } else void order({ command: 'steer', points: fromStepOn(draft, next()) })
  }
  release.addEventListener('click', () => {
    draft = null
    void order({ command: 'release' })
  })

  const follow = (now: RunView | undefined) => {
    if (now?.info.name !== run?.info.name) {
      draft = null
      sent = null
      setText(words, '')
    }
    run = now
    if (sent?.done === true && run !== undefined && run.state.hand !== sent.hand) {
      sent = null
      if (!held && keys === undefined) draft = null
      setText(words, '')
    }
    if (!canMove() && !held) draft = null
    const plan = run === undefined ? undefined : bandPlan(run)
    points = run === undefined || plan === undefined || !canMove() ? [] : pointsOf(plan, next(), run.info.planned)
    if (sent === null && draft === null && !panel.classList.contains('refused')) setText(words, canMove() ? hint : '')
    panel.hidden = points.length === 0 && words.textContent === ''
    release.hidden = !canMove() || plan?.hand === null
    show()
  }

  /** Handles are known by their place from the end, so those to come keep theirs while steps go by. */
  const show = () => {
    const now = shown()
    const wanted = new Set<string>()
    now.forEach((point, i) => {
      for (const bound of bounds) {
        const key = `${bound} ${now.length - i}`
        wanted.add(key)
        const handle = handles.get(key) ?? makeHandle(bound, now.length - i)
        handles.set(key, handle)
        describe(handle, point, bound)
      }
    })
    for (const [key, handle] of handles) {
      if (wanted.has(key)) continue
      const lost = document.activeElement === handle
      handle.remove()
      handles.delete(key)
      if (lost) handles.get(`${key.split(' ')[0]!} ${now.length}`)?.focus()
    }
    layer.append(
      ...now
        .flatMap((_, i) => bounds.map((bound) => handles.get(`${bound} ${now.length - i}`)!))
        .filter((handle) => handle.parentElement !== layer),
    )
    layer.classList.toggle('pending', sent !== null)
    if (plot !== undefined) place(plot)
  }

  const describe = (handle: HTMLElement, { step, band }: Waypoint, bound: Bound) => {
    const { min, max } = limits(band, bound, ceiling())
    const attributes = {
      'aria-label': `${bound} bound at step ${step}`,
      'aria-valuenow': band[bound].toFixed(3),
      'aria-valuemin': min.toFixed(3),
      'aria-valuemax': max.toFixed(3),
      'aria-valuetext': `${fixed(band[bound])} nats`,
    }
    for (const [name, value] of Object.entries(attributes))
      if (handle.getAttribute(name) !== value) handle.setAttribute(name, value)
  }

  /** Follows one pointer from where it went down until it is let go; Escape takes it back. */
  const drag = (target: Element, down: PointerEvent, move: (event: PointerEvent) => readonly Waypoint[]) => {
    down.preventDefault()
    target.setPointerCapture(down.pointerId)
    const before = draft
    held = true
    layer.classList.add('held')
    const onMove = (event: Event) => edit(move(event as PointerEvent))
    const end = (keep: boolean) => {
      target.removeEventListener('pointermove', onMove)
      target.removeEventListener('pointerup', up)
      target.removeEventListener('pointercancel', cancel)
      document.removeEventListener('keydown', escape)
      held = false
      layer.classList.remove('held')
      if (keep && draft !== before) sendDraft()
      else draft = before
      follow(run)
      redraw()
    }
    const up = () => end(true)
    const cancel = () => end(false)
    const escape = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') end(false)
    }
    target.addEventListener('pointermove', onMove)
    target.addEventListener('pointerup', up)
    target.addEventListener('pointercancel', cancel)
    document.addEventListener('keydown', escape)
  }

  const natsAt = (clientY: number) => {
    const { min, max } = plot!.scales['y']!
    return Math.min(Math.max(plot!.posToVal(clientY - plot!.over.getBoundingClientRect().top, 'y'), min!), max!)
  }

  const makeHandle = (bound: Bound, fromEnd: number): HTMLElement => {
    const handle = element('div', {
      class: `handle ${bound}`,
      role: 'slider',
      tabindex: '0',
      'aria-orientation': 'vertical',
    })
    const at = () => shown().length - fromEnd
    handle.addEventListener('pointerdown', (down) => {
      const start = shown()
      const i = at()
      const grip = start[i]!.band[bound] - natsAt(down.clientY)
      handle.focus()
      drag(handle, down, (event) => moveBound(start, i, bound, natsAt(event.clientY) + grip, ceiling()))
    })
    handle.addEventListener('keydown', (event) => {
      const { band } = shown()[at()]!
      const value = keyed(event.key, band[bound], limits(band, bound, ceiling()))
      if (value === undefined) return
      event.preventDefault()
      edit(moveBound(shown(), at(), bound, value, ceiling()))
      clearTimeout(keys)
      keys = setTimeout(() => {
        keys = undefined
        sendDraft()
      }, KEYS_SETTLE_MS)
    })
    return handle
  }

  path.addEventListener('pointerdown', (down) => {
    const start = shown()
    const left = down.clientX - plot!.over.getBoundingClientRect().left
    const i = nearest(start, plot!.posToVal(left, 'x'))
    const from = natsAt(down.clientY)
    drag(path, down, (event) => moveBand(start, i, natsAt(event.clientY) - from, ceiling()))
  })

  const place = (now: uPlot) => {
    plot = now
    if (layer.parentElement !== plot.over) plot.over.append(layer)
    const { min, max } = plot.scales['x']!
    const at = shown()
    at.forEach(({ step, band }, i) => {
      for (const bound of bounds) {
        const handle = handles.get(`${bound} ${at.length - i}`)!
        handle.hidden = step < min! || step > max!
        handle.style.left = `${now.valToPos(step, 'x')}px`
        handle.style.top = `${now.valToPos(band[bound], 'y')}px`
      }
    })
    path.setAttribute('d', outline(now, at, run, draft))
  }
  return { element: panel, follow, place, draft: () => draft, held: () => held }
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
  const plan = draft === null ? bandPlan(run) : throughPoints(run.info.band, draft)
  const [first, last] = [points[0]!.step, points.at(-1)!.step]
  const even = Array.from({ length: 41 }, (_, i) => first + Math.round((i * (last - first)) / 40))
  const steps = [...new Set([...even, ...points.map(({ step }) => step)])].sort((a, b) => a - b)
  const corner = (step: number, nats: number) =>
    `${plot.valToPos(step, 'x').toFixed(1)},${plot.valToPos(nats, 'y').toFixed(1)}`
  const there = steps.map((step) => corner(step, plan.at(step).high))
  const back = steps.toReversed().map((step) => corner(step, plan.at(step).low))
  return `M${[...there, ...back].join('L')}Z`
}
