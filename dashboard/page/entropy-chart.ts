import type uPlot from 'uplot'
import type { Band } from '../../lib/rollout/band.js'
import type { RunCommand } from '../../lib/control/run-command.js'
import { bandPlanOf, planThrough } from '../view/band-plan.js'
import type { ChartData } from '../view/chart-data.js'
import { type Choice, stepRangeOf } from '../view/choice.js'
import type { Curve } from '../view/figures.js'
import { tableFollower, type ColumnReader, type Table } from '../view/table.js'
import { countSteps, type RunView, type View } from '../view/view.js'
import { createBandEditor } from './band-editor.js'
import { createChart } from './chart.js'
import type { Page } from './page.js'
import { colourOfRun } from './run-bar.js'

const readers: readonly ColumnReader[] = [
  { log: 'metrics', value: ({ entropy }) => entropy },
  { log: 'metrics', value: ({ low }) => low },
  { log: 'metrics', value: ({ high }) => high },
]

const HEIGHT = 340

/** The entropy of every run in view, over the band of one: as it was, and as it will be, where a person may move it. */
export const createEntropyChart = (
  page: Page,
  runs: readonly RunView[],
  command: (command: RunCommand) => Promise<void>,
) => {
  let view: readonly RunView[] = runs
  let choice: Choice
  const tables = runs.map(() => tableFollower(readers))
  const plan = planColumns()
  let frame = 0
  const editor = createBandEditor({
    command,
    redraw: () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(draw)
    },
  })

  const data = (): ChartData => {
    const of = tables.map((table, i): Table => table(view[i]!))
    const selected = view[choice.selected]!
    const own = of[choice.selected]!
    const draft = editor.draft()
    const { at, override: hand } = draft === null ? bandPlanOf(selected) : planThrough(selected.info.band, draft)
    const [low, high] = plan(at, hand ?? selected.info, selected)
    const columns = [own.columns[1]!, own.columns[2]!, low, high]
    const lines = of.map(({ columns }, i) => (choice.hidden.has(i) && i !== choice.selected ? [] : columns[0]!))
    return {
      steps: steps(Math.max(low.length, ...of.map(({ steps }) => steps.length))),
      columns: [...columns, ...lines],
    }
  }
  const inView = (): readonly [number, number] => {
    const seen = view.filter((_, i) => i === choice.selected || !choice.hidden.has(i))
    const [from, to] = stepRangeOf(
      choice.span,
      Math.max(...seen.map(countSteps)),
      Math.max(...seen.map(({ info }) => info.planned)),
    )
    return choice.span === 'last 100' ? [from, to + 25] : [from, to]
  }
  const several = runs.length > 1
  const made = createChart({
    title: 'Entropy',
    unit: 'nats per token',
    curves: [
      { label: 'band from', colour: 'band', kind: 'unseen' },
      { label: 'band to', colour: 'band', kind: 'unseen' },
      { label: 'planned from', colour: 'band-edge', kind: 'thin', dash: true },
      { label: 'planned to', colour: 'band-edge', kind: 'thin', dash: true },
      ...runs.map(({ info }, i): Curve => ({
        label: several ? info.name : 'entropy',
        colour: colourOfRun(i),
        kind: 'line',
      })),
    ],
    bands: [
      { high: 1, low: 0, colour: 'band', alpha: 0.55 },
      { high: 3, low: 2, colour: 'band', alpha: 0.22 },
    ],
    key: [
      { label: 'band', colour: 'band', kind: 'area' },
      { label: 'band to come', colour: 'band-edge', kind: 'line', dash: true },
      { label: 'steered by hand', colour: 'hand', kind: 'line', dash: true },
    ],
    below: editor.element,
    height: HEIGHT,
    range: inView,
    frozen: editor.held,
    palette: page.palette,
    identifier: page.identifier,
    onDraw: (plot) => {
      drawHands(plot, view[choice.selected]!, page)
      editor.place(plot)
    },
  })
  made.element.classList.add('hero')
  const draw = () => made.draw(data)
  return {
    ...made,
    show: ({ runs }: View, chosen: Choice) => {
      view = runs
      choice = chosen
      editor.follow(runs[chosen.selected]!, chosen.selected)
      draw()
    },
    close: () => {
      editor.close()
      cancelAnimationFrame(frame)
      made.close()
    },
  }
}

/** 0, 1, 2 …, made once for each length. */
const steps = (() => {
  let known: number[] = []
  return (length: number): readonly number[] => {
    if (known.length !== length) known = Array.from({ length }, (_, step) => step)
    return known
  }
})()

/** The band to come as columns, from the last step that is done; computed again only where the plan is another. */
const planColumns = () => {
  let key: unknown
  let from = -1
  let low: (number | null)[] = []
  let high: (number | null)[] = []
  return (at: (step: number) => Band, now: unknown, run: RunView): readonly [(number | null)[], (number | null)[]] => {
    const first = countSteps(run)
    if (key !== now || first < from) {
      const all = Array.from({ length: run.info.band.length }, (_, step) => (step < first ? null : at(step)))
      low = all.map((band) => band?.low ?? null)
      high = all.map((band) => band?.high ?? null)
    }
    for (let step = Math.max(0, from - 1); step < Math.min(first, low.length); step++) low[step] = high[step] = null
    const last = run.logs.metrics.lines.items[run.logs.metrics.lines.length - 1]
    if (last !== undefined && first < low.length) [low[last.step], high[last.step]] = [last.low, last.high]
    key = now
    from = first
    return [low, high]
  }
}

/** Marks the steps with which a hand steered or let go. */
const drawHands = (plot: uPlot, { logs: { metrics } }: RunView, { palette }: Page): void => {
  const { ctx, bbox } = plot
  const { min, max } = plot.scales['x']!
  ctx.save()
  ctx.strokeStyle = ctx.fillStyle = palette.colour('hand')
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
  const side = 5 * devicePixelRatio
  for (let i = 0; i < metrics.lines.length; i++) {
    const { step, steered } = metrics.lines.items[i]!
    if (steered === null || step < min! || step > max!) continue
    const x = plot.valToPos(step, 'x', true)
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(x - side, bbox.top)
    ctx.lineTo(x + side, bbox.top)
    ctx.lineTo(x, bbox.top + 1.6 * side)
    if (steered.length > 0) ctx.fill()
  }
  ctx.restore()
}
