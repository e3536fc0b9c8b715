import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type ChartData, describeChart, lastNumber } from '../view/chart-data.js'
import { hintsOf } from '../view/chart-hints.js'
import {
  type AxisRanges,
  axisRangesOf,
  type ChartLayer,
  hasTrend,
  layerColumns,
  layersOf,
} from '../view/chart-layers.js'
import { trendWidth } from '../view/trend.js'
import { createChartLegend } from './chart-legend.js'
import { createChartNumbers } from './chart-numbers.js'
import type { ChartOptions } from './chart-options.js'
import { drawWhenVisible } from './draw-when-visible.js'
import { createElement, setText } from './element.js'
import { drawOffScaleMarks } from './off-scale-marks.js'
import { plotOptionsOf, sizeOf } from './plot-options.js'

export interface Chart {
  readonly element: HTMLElement
  /** Draws the data, as soon as the chart is on screen. */
  readonly draw: (data: () => ChartData) => void
  readonly recolour: () => void
  /** Draws now, in the present size and colours, also below the screen. */
  readonly drawForPrint: () => void
  readonly close: () => void
}

/** Chart with its legend, a description for screen readers, and its numbers as a table. */
export const createChart = (options: ChartOptions): Chart => {
  const host = createElement('div', { class: 'plot' })
  host.style.flexBasis = `${options.height}px`
  const legend = createChartLegend(options)
  const numbers = createChartNumbers(options)
  const hints = createElement('p', { class: 'note hints', hidden: '' })
  const panel = createPanel(options, [legend.element, host, options.below, hints], numbers.element)
  const visible = drawWhenVisible(panel)
  const layers = layersOf(options.curves)
  let plot: uPlot | undefined
  let data: ChartData = { steps: [], columns: options.curves.map(() => []) }
  let ranges: AxisRanges = { left: null, right: null }

  const showTexts = () => {
    const at = plot?.cursor.idx ?? null
    legend.show(data, at)
    if (at === null) plot?.ctx.canvas.setAttribute('aria-label', describeChart(options.title, options.curves, data))
  }
  const onDraw = (now: uPlot) => {
    const [first, last] = options.range()
    const width = options.curves.some(hasTrend) ? trendWidth(last - first + 1) : 1
    const text = hintsOf(width, drawOffScaleMarks(now, options, data))
    setText(hints, text)
    hints.hidden = text === ''
    options.onDraw?.(now)
  }
  const show = (now: ChartData) => {
    if (now.key !== undefined && now.key === data.key) return
    data = now
    panel.hidden = data.columns.every((column) => lastNumber(column) === null)
    if (panel.hidden) return
    ranges = axisRangesOf(options.curves, data, options.range())
    if (plot === undefined)
      plot = createPlot({ ...options, onDraw }, layers, host, { data, showTexts, ranges: () => ranges })
    else plot.setData(aligned(options, layers, data))
    showTexts()
    numbers.show(data)
  }
  const stopResizing = followSize(host, () => plot)
  return {
    element: panel,
    draw: (read) => visible.draw(() => show(read())),
    recolour: () => plot?.redraw(false, true),
    drawForPrint: () => {
      visible.drawNow()
      if (host.clientWidth > 0) plot?.setSize(sizeOf(host))
      plot?.redraw(false, true)
    },
    close: () => {
      visible.stop()
      stopResizing()
      plot?.destroy()
    },
  }
}

interface PlotPorts {
  readonly data: ChartData
  readonly showTexts: () => void
  readonly ranges: () => AxisRanges
}

/** The canvas is the picture: the handles over it are controls, which a picture may not contain. */
const createPlot = (
  options: ChartOptions,
  layers: readonly ChartLayer[],
  host: HTMLElement,
  { data, showTexts, ranges }: PlotPorts,
): uPlot => {
  const plot = new uPlot(
    plotOptionsOf(options, layers, host, { onCursor: showTexts, ranges }),
    aligned(options, layers, data),
    host,
  )
  plot.ctx.canvas.setAttribute('role', 'img')
  return plot
}

/** Keeps a plot as large as its host; returns a function that stops it. */
const followSize = (host: HTMLElement, plot: () => uPlot | undefined): (() => void) => {
  const observer = new ResizeObserver(() => {
    if (host.clientWidth > 0) plot()?.setSize(sizeOf(host))
  })
  observer.observe(host)
  return () => observer.disconnect()
}

/** uPlot's type asks for mutable arrays, which it does not change. */
const aligned = (
  { curves, range }: Pick<ChartOptions, 'curves' | 'range'>,
  layers: readonly ChartLayer[],
  data: ChartData,
): uPlot.AlignedData => [data.steps, ...layerColumns(curves, layers, data, range())] as unknown as uPlot.AlignedData

const createPanel = (
  { title, unit, note, identifier, headings }: ChartOptions,
  parts: readonly (HTMLElement | undefined)[],
  numbers: HTMLElement,
): HTMLElement => {
  const heading = createElement(headings.part, { id: identifier('title') }, title)
  return createElement(
    'section',
    { class: 'card chart', 'aria-labelledby': heading.id },
    createElement('header', {}, heading, createElement('span', { class: 'unit' }, unit)),
    ...parts.filter((part) => part !== undefined),
    ...(note === undefined ? [] : [createElement('p', { class: 'note' }, note)]),
    numbers,
  )
}
