import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Curve, Figure } from '../view/figures.js'
import { short } from '../view/words.js'
import { element, setText } from './element.js'
import type { Palette } from './palette.js'
import { whenSeen } from './when-seen.js'

/** Numbers of all curves, by step; what is beyond the end of a column is missing. */
export interface ChartData {
  readonly steps: readonly number[]
  readonly columns: readonly (readonly (number | null)[])[]
}

/** What a chart is beside its curves. */
export interface ChartOptions extends Pick<Figure, 'title' | 'unit' | 'note' | 'include' | 'ticks' | 'interval'> {
  readonly curves: readonly Curve[]
  readonly height: number
  /** The steps in view. */
  readonly range: () => readonly [number, number]
  /** Filled between two curves. */
  readonly bands?: readonly {
    readonly high: number
    readonly low: number
    readonly colour: string
    readonly alpha: number
  }[]
  /** What else the legend explains. */
  readonly key?: readonly Curve[]
  /** The left axis stays as it is. */
  readonly frozen?: () => boolean
  /** Stands under the plot. */
  readonly below?: HTMLElement
  /** After everything is drawn. */
  readonly onDraw?: (plot: uPlot) => void
  readonly palette: Palette
  readonly identifier: (name: string) => string
}

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
  const legend = legendOf(options)
  const numbers = numbersOf(options)
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
        data = read()
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

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight })

/** Stacked areas from the highest down, since each covers what is below it; then lines. */
const drawingOrder = (curves: readonly Curve[]): readonly number[] => {
  const all = curves.map((_, i) => i)
  const areas = all.filter((i) => curves[i]!.kind === 'area')
  return [...areas.reverse(), ...all.filter((i) => curves[i]!.kind !== 'area')]
}

const plotOptions = (
  options: ChartOptions,
  order: readonly number[],
  host: HTMLElement,
  tell: () => void,
): uPlot.Options => {
  const { curves, palette, include = [], ticks, frozen } = options
  const font = `11px ${getComputedStyle(host).fontFamily}`
  const axis = { stroke: () => palette.colour('muted'), font, ticks: { show: false } }
  const grid = { stroke: () => palette.colour('grid'), width: 1 }
  const marks =
    ticks === undefined
      ? undefined
      : Object.keys(ticks)
          .map(Number)
          .sort((a, b) => a - b)
  const seriesOf = (i: number) => order.indexOf(i) + 1
  const right = curves.find((curve) => curve.right)
  const y: uPlot.Scale = {
    range: (plot, min, max) => {
      const { min: lowest, max: highest } = plot.scales['y']!
      if (frozen?.() === true && lowest !== undefined && highest !== undefined) return [lowest, highest]
      return padded(lowestOf(min, include), highestOf(max, include), include)
    },
  }
  return {
    ...sizeOf(host),
    padding: [8, right === undefined ? 20 : 0, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false, setScale: false },
      y: false,
      points: { size: 6 },
      sync: { key: 'entrain', scales: ['x', null] },
    },
    scales: {
      x: { time: false, range: () => [...options.range()] as [number, number] },
      y,
      right: { range: (_, min, max) => padded(lowestOf(min, [0]), highestOf(max, [0]), []) },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 60, incrs: wholeSteps },
      {
        ...axis,
        grid,
        size: 52,
        space: 34,
        values: (_, values) => values.map((value) => (ticks === undefined ? short(value) : (ticks[value] ?? ''))),
        ...(marks === undefined ? {} : { splits: marks }),
      },
      ...(right === undefined
        ? []
        : [
            {
              ...axis,
              stroke: () => palette.colour(right.colour),
              scale: 'right',
              side: RIGHT,
              grid: { show: false },
              size: 56,
              space: 34,
              values: (_: uPlot, values: number[]) => values.map(short),
            },
          ]),
    ],
    series: [{}, ...order.map((i) => seriesFor(curves[i]!, palette))],
    bands: (options.bands ?? []).map(({ high, low, colour, alpha }) => ({
      series: [seriesOf(high), seriesOf(low)],
      fill: () => palette.colour(colour, alpha),
    })),
    hooks: {
      setLegend: [tell],
      draw: [
        (plot) => {
          if (options.interval !== undefined) drawIntervals(plot, options.interval.map(seriesOf), palette)
          options.onDraw?.(plot)
        },
      ],
    },
  }
}

/** uPlot's enum of sides is there for types alone. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const RIGHT = 1 as uPlot.Axis.Side

/** uPlot has null where a scale has no number in view. */
const lowestOf = (min: number | null, include: readonly number[]): number => Math.min(min ?? Infinity, ...include)
const highestOf = (max: number | null, include: readonly number[]): number => Math.max(max ?? -Infinity, ...include)

/** A step is a whole number. */
const wholeSteps = [1, 2, 5]
  .flatMap((first) => [0, 1, 2, 3, 4, 5, 6].map((power) => first * 10 ** power))
  .sort((a, b) => a - b)

/** Room above and below; none beyond a zero that the axis begins with. */
const padded = (min: number, max: number, include: readonly number[]): [number, number] => {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1]
  const room = max > min ? 0.08 * (max - min) : Math.max(Math.abs(max) * 0.1, 1e-9)
  return [include.includes(0) && min >= 0 ? 0 : min - room, include.includes(0) && max <= 0 ? 0 : max + room]
}

/** So many steps leave no room for an edge around each. */
const CROWDED = 300

const seriesFor = (curve: Curve, palette: Palette): uPlot.Series => {
  const { kind, striped = false, colour } = curve
  const stroke = () => palette.colour(colour, kind === 'thin' ? 0.4 : 1)
  const base: uPlot.Series = { scale: curve.right ? 'right' : 'y', label: curve.label, spanGaps: false }
  const dash = curve.dash ? { dash: [5, 4] } : {}
  switch (kind) {
    case 'line':
      return { ...base, ...dash, stroke, width: 2, points: { size: 5, space: 24, fill: stroke } }
    case 'thin':
      return { ...base, ...dash, stroke, width: 1, points: { show: false } }
    case 'area':
      return {
        ...base,
        stroke: (plot) => (plot.data[0].length > CROWDED ? 'transparent' : palette.colour('card')),
        width: 0.5,
        fill: () => (striped ? palette.striped(colour) : palette.colour(colour)),
        points: { show: false },
      }
    case 'steps':
      return {
        ...base,
        paths: uPlot.paths.stepped!({ align: 1 }),
        width: 0,
        fill: stroke,
        points: { show: false },
      }
    case 'points':
      return { ...base, stroke, paths: () => null, points: { show: true, size: 7, fill: stroke } }
    case 'unseen':
      return { ...base, points: { show: false } }
  }
}

const drawIntervals = (plot: uPlot, [value, low, high]: readonly number[], palette: Palette): void => {
  const [steps, lows, highs] = [plot.data[0], plot.data[low!]!, plot.data[high!]!]
  const { ctx } = plot
  ctx.save()
  ctx.strokeStyle = palette.colour('ink')
  ctx.lineWidth = 1.5 * devicePixelRatio
  ctx.beginPath()
  plot.data[value!]!.forEach((mean, i) => {
    const step = steps[i]!
    if (mean === null || mean === undefined || step < plot.scales['x']!.min! || step > plot.scales['x']!.max!) return
    const x = plot.valToPos(step, 'x', true)
    ctx.moveTo(x, plot.valToPos(lows[i]!, 'y', true))
    ctx.lineTo(x, plot.valToPos(highs[i]!, 'y', true))
  })
  ctx.stroke()
  ctx.restore()
}

/** The last number of a column; null where there is none. */
const lastNumber = (column: readonly (number | null)[]): number | null =>
  column.findLast((value) => value !== null) ?? null

/** What is told of a curve: of a stacked one its own share, of thin and unseen ones nothing. */
const valueOf = (curves: readonly Curve[], i: number, numberOf: (i: number) => number | null): number | null => {
  const value = numberOf(i)
  if (value === null || curves[i]!.kind !== 'area') return value
  return value - (i === 0 ? 0 : (numberOf(i - 1) ?? 0))
}

const told = (curves: readonly Curve[]): readonly number[] =>
  curves.flatMap(({ kind }, i) => (kind === 'thin' || kind === 'unseen' ? [] : [i]))

const spoken = (title: string, curves: readonly Curve[], { columns }: ChartData): string => {
  const shown = told(curves)
  const step = Math.max(...shown.map((i) => columns[i]!.findLastIndex((value) => value !== null)))
  const values = shown.flatMap((i) => {
    const value = valueOf(curves, i, (j) => lastNumber(columns[j]!))
    return value === null ? [] : [`${curves[i]!.label} ${short(value)}`]
  })
  return step < 0 ? `${title}: no numbers yet` : `${title} at step ${step}: ${values.join(', ')}`
}

/** Each curve by its colour, its name and its number: at the cursor, or the last. */
const legendOf = ({ curves, key = [], ticks }: ChartOptions) => {
  const entries = told(curves).map((i) => {
    const value = element('b', ticks === undefined ? {} : { hidden: '' })
    return { i, value, element: element('span', {}, swatchOf(curves[i]!), `${curves[i]!.label} `, value) }
  })
  const explained = key.map((curve) => element('span', {}, swatchOf(curve), curve.label))
  return {
    element: element(
      'div',
      { class: 'legend', 'aria-hidden': 'true' },
      ...entries.map(({ element }) => element),
      ...explained,
    ),
    tell: ({ columns }: ChartData, at: number | null) => {
      for (const { i, value, element } of entries) {
        const last = lastNumber(columns[i]!)
        element.hidden = last === null
        const numberOf = (j: number) => (at === null ? lastNumber(columns[j]!) : (columns[j]![at] ?? null))
        setText(value, short(valueOf(curves, i, numberOf)))
      }
    },
  }
}

const swatchOf = ({ colour, kind, dash = false, striped = false }: Curve): HTMLElement => {
  const swatch = element('i', { class: `swatch ${kind}${dash ? ' dash' : ''}${striped ? ' striped' : ''}` })
  swatch.style.setProperty('--swatch', `var(--${colour})`)
  return swatch
}

/** The last steps in figures, for those who open it. */
const numbersOf = ({ curves, title }: ChartOptions) => {
  const shown = told(curves)
  const body = element('tbody')
  const head = element(
    'tr',
    {},
    ...['step', ...shown.map((i) => curves[i]!.label)].map((label) => element('th', { scope: 'col' }, label)),
  )
  const details = element(
    'details',
    {},
    element('summary', { 'aria-label': `Numbers: ${title}` }, 'Numbers'),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Last steps: ${title}` },
      element('table', {}, element('thead', {}, head), body),
    ),
  )
  let data: ChartData | undefined
  const fill = () => {
    if (!details.open || data === undefined) return
    const { steps, columns } = data
    const rows = steps
      .filter((step) => shown.some((i) => typeof columns[i]![step] === 'number'))
      .slice(-ROWS)
      .reverse()
    body.replaceChildren(
      ...rows.map((step) => {
        const cell = (i: number) => element('td', {}, short(valueOf(curves, i, (j) => columns[j]![step] ?? null)))
        return element('tr', {}, element('th', { scope: 'row' }, String(step)), ...shown.map(cell))
      }),
    )
  }
  details.addEventListener('toggle', fill)
  return {
    element: details,
    tell: (now: ChartData) => {
      data = now
      fill()
    },
  }
}

const ROWS = 30
