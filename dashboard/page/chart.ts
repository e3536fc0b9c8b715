import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type ChartData, describeChart, lastNumber, orderForDrawing } from '../view/chart-data.js'
import { createChartLegend } from './chart-legend.js'
import { createChartNumbers } from './chart-numbers.js'
import type { ChartOptions } from './chart-options.js'
import { drawWhenVisible } from './draw-when-visible.js'
import { createElement } from './element.js'
import { plotOptionsOf, sizeOf } from './plot-options.js'

export interface Chart {
  readonly element: HTMLElement
  /** Draws the data, as soon as the chart is on screen. */
  readonly draw: (data: () => ChartData) => void
  readonly recolour: () => void
  readonly close: () => void
}

/** Chart with its legend, a description for screen readers, and its numbers as a table. */
export const createChart = (options: ChartOptions): Chart => {
  const host = createElement('div', { class: 'plot', role: 'img' })
  host.style.flexBasis = `${options.height}px`
  const legend = createChartLegend(options)
  const numbers = createChartNumbers(options)
  const panel = createPanel(options, [legend.element, host, options.below], numbers.element)
  const visible = drawWhenVisible(panel)
  const order = orderForDrawing(options.curves)
  let plot: uPlot | undefined
  let data: ChartData = { steps: [], columns: options.curves.map(() => []) }

  const showTexts = () => {
    const at = plot?.cursor.idx ?? null
    legend.show(data, at)
    if (at === null) host.setAttribute('aria-label', describeChart(options.title, options.curves, data))
  }
  const show = (now: ChartData) => {
    if (now.key !== undefined && now.key === data.key) return
    data = now
    panel.hidden = data.columns.every((column) => lastNumber(column) === null)
    if (panel.hidden) return
    if (plot === undefined) plot = new uPlot(plotOptionsOf(options, order, host, showTexts), aligned(data, order), host)
    else plot.setData(aligned(data, order))
    showTexts()
    numbers.show(data)
  }
  const stopResizing = followSize(host, () => plot)
  return {
    element: panel,
    draw: (read) => visible.draw(() => show(read())),
    recolour: () => plot?.redraw(false, true),
    close: () => {
      visible.stop()
      stopResizing()
      plot?.destroy()
    },
  }
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
const aligned = ({ steps, columns }: ChartData, order: readonly number[]): uPlot.AlignedData =>
  [steps, ...order.map((i) => columns[i]!)] as unknown as uPlot.AlignedData

const createPanel = (
  { title, unit, note, identifier }: ChartOptions,
  parts: readonly (HTMLElement | undefined)[],
  numbers: HTMLElement,
): HTMLElement => {
  const heading = createElement('h3', { id: identifier('title') }, title)
  return createElement(
    'section',
    { class: 'card chart', 'aria-labelledby': heading.id },
    createElement('header', {}, heading, createElement('span', { class: 'unit' }, unit)),
    ...parts.filter((part) => part !== undefined),
    ...(note === undefined ? [] : [createElement('p', { class: 'note' }, note)]),
    numbers,
  )
}
