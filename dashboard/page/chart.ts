import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type ChartData, orderForDrawing, lastNumber, describeChart } from '../view/chart-data.js'
import { createChartLegend } from './chart-legend.js'
import { createChartNumbers } from './chart-numbers.js'
import type { ChartOptions } from './chart-options.js'
import { createElement } from './element.js'
import { plotOptionsOf, sizeOf } from './plot-options.js'
import { drawWhenVisible } from './draw-when-visible.js'

export interface Chart {
  readonly element: HTMLElement
  /** The plot, once it was drawn. */
  readonly plot: () => uPlot | undefined
  /** When it is on screen. */
  readonly draw: (data: () => ChartData) => void
  readonly recolour: () => void
  readonly close: () => void
}

/** A chart with its legend, its words for those who do not see it, and its numbers. */
export const createChart = (options: ChartOptions): Chart => {
  const { curves, title, unit } = options
  const host = createElement('div', { class: 'plot', role: 'img' })
  host.style.flexBasis = `${options.height}px`
  const legend = createChartLegend(options)
  const numbers = createChartNumbers(options)
  const heading = createElement('h3', { id: options.identifier('title') }, title)
  const panel = createElement(
    'section',
    { class: 'card chart', 'aria-labelledby': heading.id },
    createElement('header', {}, heading, createElement('span', { class: 'unit' }, unit)),
    legend.element,
    host,
    ...(options.below === undefined ? [] : [options.below]),
    ...(options.note === undefined ? [] : [createElement('p', { class: 'note' }, options.note)]),
    numbers.element,
  )
  const seen = drawWhenVisible(panel)
  let plot: uPlot | undefined
  let data: ChartData = { steps: [], columns: curves.map(() => []) }

  const tell = () => {
    const at = plot?.cursor.idx ?? null
    legend.tell(data, at)
    if (at === null) host.setAttribute('aria-label', describeChart(title, curves, data))
  }
  const order = orderForDrawing(curves)
  const aligned = () => [data.steps, ...order.map((i) => data.columns[i]!)] as unknown as uPlot.AlignedData
  const resized = new ResizeObserver(() => {
    if (plot !== undefined && host.clientWidth > 0) plot.setSize(sizeOf(host))
  })
  resized.observe(host)

  return {
    element: panel,
    plot: () => plot,
    draw: (read) =>
      seen.draw(() => {
        const now = read()
        if (now.key !== undefined && now.key === data.key) return
        data = now
        panel.hidden = data.columns.every((column) => lastNumber(column) === null)
        if (panel.hidden) return
        if (plot === undefined) plot = new uPlot(plotOptionsOf(options, order, host, tell), aligned(), host)
        else plot.setData(aligned())
        tell()
        numbers.tell(data)
      }),
    recolour: () => plot?.redraw(false, true),
    close: () => {
      seen.stop()
      resized.disconnect()
      plot?.destroy()
    },
  }
}
