import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Config, TopLevelSpec } from 'vega-lite'
import { FileError } from '../file/file-error.js'
import type { Curve } from './curve.js'
import { colours, dashes, legendOf, text } from './legend.js'
import { type PanelName, panels } from './panel/index.js'
import { horizontal } from './panel/layers.js'
import type { Drawing, Layer } from './panel/panel.js'
import { type FixedSize, font } from './render-plot.js'

/** Width of a figure in a paper of two columns. @units points, 72 to an inch */
export const figureWidths = { single: 245, double: 504 } as const

export type FigureWidth = keyof typeof figureWidths

export interface FigureOptions {
  /** Those that the runs have numbers for, unless named. */
  readonly panels?: readonly PanelName[] | undefined
  /** Single for one panel, double for more, unless named. */
  readonly width?: FigureWidth | undefined
}

export interface Figure {
  readonly specification: TopLevelSpec
  /** @units points */
  readonly size: FixedSize
  /** What is on it, in words. */
  readonly description: string
}

/**
 * Panels side by side under one legend, as Figures 4 and 5 of the paper.
 *
 * @errors FileError: a panel that no run has numbers for, more curves than can be told apart
 */
export const figure = (curves: readonly Curve[], options: FigureOptions = {}): E.Either<FileError, Figure> =>
  pipe(
    curves.length > colours.length
      ? E.left(new FileError('a figure', `${curves.length} curves`, `${colours.length} at most that can be told apart`))
      : drawings(curves, options.panels),
    E.map((drawn) => {
      const width = figureWidths[options.width ?? (drawn.length === 1 ? 'single' : 'double')]
      const description = [...drawn.map(titled), ...curves.map(({ name }) => name)].join('; ')
      return { ...laidOut(curves, drawn, width), description }
    }),
  )

const drawings = (
  curves: readonly Curve[],
  names: readonly PanelName[] | undefined,
): E.Either<FileError, readonly Drawing[]> => {
  const drawn = (names ?? (Object.keys(panels) as PanelName[])).map((name) => ({ name, drawing: panels[name](curves) }))
  const there = drawn.map(({ drawing }) => drawing).filter((drawing) => drawing !== null)
  const missing = drawn.find(({ drawing }) => drawing === null)
  return missing !== undefined && (names !== undefined || there.length === 0)
    ? E.left(new FileError(`panel ${missing.name}`, 'nothing to draw', 'a run with numbers for it'))
    : E.right(there)
}

const titled = ({ title }: Drawing, i: number): string => `(${String.fromCharCode('a'.charCodeAt(0) + i)}) ${title}`

/** Around and between the panels. @units points */
const LEFT = 38
const RIGHT = 10
const BOTTOM = 26
const GAP = { row: 64, column: 46 }
/** For the title of a panel and two notes; and above and below the legend. */
const HEAD = 32
const MARGIN = 4
const HEIGHT = 96

const laidOut = (curves: readonly Curve[], drawn: readonly Drawing[], width: number): Omit<Figure, 'description'> => {
  const most = width === figureWidths.single ? 1 : drawn.length === 4 ? 2 : 3
  const columns = Math.min(most, drawn.length)
  const rows = Math.ceil(drawn.length / columns)
  const inner = width - LEFT - RIGHT
  const across = (inner - GAP.column * (columns - 1)) / columns
  const height = Math.min(HEIGHT, across)
  const names = curves.map(({ name }) => name)
  const legend = legendOf(names, inner)
  const domain = stepsOf(curves)
  const byCurve = (range: readonly unknown[]) => ({
    field: 'curve',
    type: 'nominal',
    scale: { domain: names, range },
    legend: null,
  })
  const dashed = (layer: Layer): Layer =>
    ['line', 'rule'].includes(layer.mark.type) && !('strokeDash' in layer.mark)
      ? ({ ...layer, encoding: { ...layer.encoding, strokeDash: byCurve(dashes) } } as Layer)
      : layer
  return {
    size: {
      width: inner,
      height: rows * height + (rows - 1) * GAP.row,
      padding: { left: LEFT, right: RIGHT, top: HEAD + legend.height + 2 * MARGIN, bottom: BOTTOM },
    },
    specification: {
      columns,
      spacing: GAP,
      bounds: 'flush',
      concat: drawn.map((drawing, i) => ({
        width: across,
        height,
        encoding: {
          ...(drawing.across === undefined
            ? { x: { field: 'step', ...horizontal('step', 1), scale: { domain, nice: false } } }
            : {}),
          color: byCurve(colours),
        },
        layer: [
          ...drawing.layer.map(dashed),
          ...heading(titled(drawing, i), drawing.notes),
          ...(i === 0 ? legend.layers(HEAD + MARGIN) : []),
        ],
      })),
      config: style,
    } as TopLevelSpec,
  }
}

/** At a fixed height above the panel, whatever its axis does; what Vega calls a title moves with the labels. */
const heading = (title: string, notes: readonly string[]): readonly Layer[] => [
  text(title, 0, -24, { fontSize: 8, fontWeight: 'bold' }),
  ...notes.map((note, i) => text(note, 0, -14.5 + 7.5 * i, { fontSize: 6 })),
]

const stepsOf = (curves: readonly Curve[]): readonly [number, number] => {
  const steps = curves.flatMap(({ runs }) =>
    runs.flatMap((run) => [...run.steps, ...run.heldOut].map(({ step }) => step)),
  )
  return [Math.min(...steps), Math.max(...steps)]
}

/** Sizes are those in print. @units points */
const style: Config = {
  font,
  background: 'white',
  view: { stroke: null },
  axis: {
    labelFontSize: 6.5,
    titleFontSize: 7,
    titleFontWeight: 'normal',
    titleColor: 'black',
    labelColor: 'black',
    gridColor: '#ececec',
    gridWidth: 0.5,
    domainColor: '#555',
    domainWidth: 0.6,
    tickColor: '#555',
    tickWidth: 0.6,
    tickSize: 3,
    labelPadding: 2,
    tickCount: 5,
  },
  axisX: { grid: false, titlePadding: 4, labelFlush: false },
  axisY: { titlePadding: 3, minExtent: 24, maxExtent: 24 },
}
