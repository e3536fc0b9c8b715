import type uPlot from 'uplot'
import { type Choice, firstChoice, isRunDrawn, stepRangeOf } from '../view/choice.js'
import { createEntropyData } from '../view/entropy-data.js'
import { type Curve, dashed } from '../view/figure.js'
import { runStyleOf } from '../view/run-style.js'
import { countSteps, type RunView, type View } from '../view/view.js'
import { type BandEditor, createBandEditor } from './band-editor.js'
import { createChart } from './chart.js'
import type { ChartOptions } from './chart-options.js'
import { drawLimitMarks } from './limit-marks.js'
import { drawOverrideMarks } from './override-marks.js'
import type { Page, SendCommand } from './page.js'

const HEIGHT = 340

/** Steps to come that the span `last 100` shows beside the finished ones, so that their band can be moved. */
const STEPS_AHEAD = 25

/** Entropy of every drawn run, over the past band and the band to come of the selected run, which the user can move. */
export const createEntropyChart = (page: Page, runs: readonly RunView[], command: SendCommand) => {
  let view: View = { runs, beginnings: 0 }
  let choice: Choice = firstChoice
  const dataOf = createEntropyData(runs.length)
  const redraw = createFrame(() => draw())
  const editor = createBandEditor({ command, redraw: redraw.request })
  const drawOver = (plot: uPlot) => {
    drawOverrideMarks(plot, view.runs[choice.selected]!, page.palette)
    drawLimitMarks(plot, view.runs[choice.selected]!, page.palette)
    editor.place(plot)
  }
  const chart = createChart({
    ...entropyOptions(runs),
    ...editorOptions(editor),
    ...page,
    range: () => entropyRange(view, choice),
    onDraw: drawOver,
  })
  chart.element.classList.add('hero')
  const draw = () => {
    redraw.cancel()
    chart.draw(() => dataOf(view.runs, choice, editor.pendingEdit()))
  }
  return {
    ...chart,
    show: (now: View, chosen: Choice) => {
      view = now
      choice = chosen
      editor.follow(view.runs[choice.selected]!, choice.selected, view.beginnings)
      draw()
    },
    close: () => {
      editor.close()
      redraw.cancel()
      chart.close()
    },
  }
}

/** Calls `draw` once in the next frame, however often it is requested. */
const createFrame = (draw: () => void) => {
  let frame = 0
  const cancel = () => cancelAnimationFrame(frame)
  return {
    cancel,
    request: () => {
      cancel()
      frame = requestAnimationFrame(draw)
    },
  }
}

const entropyRange = ({ runs }: View, choice: Choice): readonly [number, number] => {
  const drawn = runs.filter((_, run) => isRunDrawn(choice, run))
  const done = Math.max(...drawn.map(countSteps))
  const planned = Math.max(...drawn.map(({ info }) => info.planned))
  const [first, last] = stepRangeOf(choice.span, done, planned)
  return choice.span === 'last 100' ? [first, last + STEPS_AHEAD] : [first, last]
}

/** The vertical axis keeps its ends during a drag, so that the point follows the pointer. It grows if the point passes an end. */
const editorOptions = (editor: BandEditor): Pick<ChartOptions, 'below' | 'isFrozen'> => ({
  below: editor.element,
  isFrozen: editor.isDragging,
})

const entropyOptions = (runs: readonly RunView[]) =>
  ({
    title: 'Entropy',
    unit: 'nats per token',
    curves: [
      ...bandCurves,
      ...runs.map((run, i) => entropyCurve(run, i, runs.length > 1)),
      ...runs.flatMap((run, i) => errorCurves(run, i)),
    ],
    bands: [
      { high: 1, low: 0, colour: 'band', alpha: 0.55 },
      { high: 3, low: 2, colour: 'band', alpha: 0.22 },
      ...runs.map((_, i) => errorBand(i, runs.length)),
    ],
    key: [
      { label: 'band', colour: 'band', kind: 'area' },
      { label: 'band to come', colour: 'band-edge', kind: 'line', dash: dashed },
      { label: 'steered or released', colour: 'override', kind: 'line', dash: dashed },
    ],
    height: HEIGHT,
  }) satisfies Partial<ChartOptions>

const bandCurves: readonly Curve[] = [
  { label: 'band from', colour: 'band', kind: 'hidden' },
  { label: 'band to', colour: 'band', kind: 'hidden' },
  { label: 'planned from', colour: 'band-edge', kind: 'thin', dash: dashed, keepsInView: true },
  { label: 'planned to', colour: 'band-edge', kind: 'thin', dash: dashed, keepsInView: true },
]

/** Ends of the error of an entropy. They have numbers only where the entropy is not exact. */
const errorCurves = ({ info }: RunView, run: number): readonly Curve[] => {
  const { colour } = runStyleOf(run)
  return [
    { label: `${info.name}, entropy - error`, colour, kind: 'hidden' },
    { label: `${info.name}, entropy + error`, colour, kind: 'hidden' },
  ]
}

/** Shaded error of the entropy of a run, between its two curves of {@link errorCurves}. */
const errorBand = (run: number, count: number) => {
  const low = bandCurves.length + count + 2 * run
  return { high: low + 1, low, colour: runStyleOf(run).colour, alpha: 0.2 }
}

const entropyCurve = ({ info }: RunView, run: number, hasOthers: boolean): Curve => ({
  label: hasOthers ? info.name : 'entropy',
  ...runStyleOf(run),
  kind: 'line',
})
