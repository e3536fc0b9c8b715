import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type ChartData, drawingOrder, lastNumber, spoken } from '../view/chart-data.js'
import { chartLegend } from './chart-legend.js'
import { chartNumbers } from './chart-numbers.js'
import type { ChartOptions } from './chart-options.js'
import { element } from './element.js'
import { plotOptions, sizeOf } from './plot-options.js'
import { whenSeen } from './when-seen.js'

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
export const chart = (options: ChartOptions): Chart => {
  const { curves, title, unit } = options
  const host = element('div', { class: 'plot', role: 'img' })
  host.style.flexBasis = `${options.height}px`
  const legend = chartLegend(options)
  const numbers = chartNumbers(options)
  const heading = element('h3', { id: options.identifier('title') }, title)
  const panel = element(
    'section',
    { class: 'card chart', 'aria-labelledby': heading.id },
    element('header', {}, heading, element('span', { class: 'unit' }, unit)),
    legend.element,
    host,
    ...(options.below === undefined ? [] : [options.below]),
    ...(options.note === undefined ? [] : [element('p', { class: 'note' }, options.note)]),
    numbers.element,
  )
  const seen = whenSeen(panel)
  let plot: uPlot | undefined
  let data: ChartData = { steps: [], columns: curves.map(() => []) }

  const tell = () => {
    const at = plot?.cursor.idx ?? null
    legend.tell(data, at)
    if (at === null) host.setAttribute('aria-label', spoken(title, curves, data))
  }
  const order = drawingOrder(curves)
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
        if (plot === undefined) plot = new uPlot(plotOptions(options, order, host, tell), aligned(), host)
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
