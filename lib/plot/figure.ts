import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Config, TopLevelSpec } from 'vega-lite'
import { FileError } from '../file/file-error.js'
import { stepNumber } from '../report/step-number.js'
import type { Curve } from './curve.js'
import { colours, dashes, legendOf, text } from './legend.js'
import { type PanelName, panels } from './panel/index.js'
import { horizontal } from './panel/layers.js'
import type { Drawing, Layer } from './panel/panel.js'
import { type FixedSize, font } from './render-plot.js'

/** Widths of a figure in a paper with two columns. @units points, 72 to an inch */
export const figureWidths = { single: 245, double: 504 } as const

/** Width of a figure: one or two columns of a paper. */
export type FigureWidth = keyof typeof figureWidths

/** Options of a figure. */
export interface FigureOptions {
  /** Panels to draw; without it, all panels that the runs have numbers for. */
  readonly panels?: readonly PanelName[] | undefined
  /** Width; without it, single for one panel and double for more. */
  readonly width?: FigureWidth | undefined
}

/** A figure before it is rendered. */
export interface Figure {
  readonly specification: TopLevelSpec
  /** @units points */
  readonly size: FixedSize
  /** Description of the panels and curves in words. */
  readonly description: string
}

/**
 * Lays out panels side by side under one legend, as in Figures 4 and 5 of the paper.
 *
 * @errors FileError: a panel that no run has numbers for, or more curves than there are colours
 */
export const createFigure = (curves: readonly Curve[], options: FigureOptions = {}): E.Either<FileError, Figure> =>
  pipe(
    curves.length > colours.length
      ? E.left(new FileError('a figure', `${curves.length} curves`, `${colours.length} at most, one per colour`))
      : drawPanels(curves, options.panels),
    E.map((panelDrawings) => {
      const width = figureWidths[options.width ?? (panelDrawings.length === 1 ? 'single' : 'double')]
      const description = [...panelDrawings.map(titleOf), ...curves.map(({ name }) => name)].join('; ')
      return { ...layOut(curves, panelDrawings, width), description }
    }),
  )

const drawPanels = (
  curves: readonly Curve[],
  names: readonly PanelName[] | undefined,
): E.Either<FileError, readonly Drawing[]> => {
  const named = (names ?? (Object.keys(panels) as PanelName[])).map((name) => ({ name, drawing: panels[name](curves) }))
  const drawings = named.map(({ drawing }) => drawing).filter((drawing) => drawing !== null)
  const missing = named.find(({ drawing }) => drawing === null)
  return missing !== undefined && (names !== undefined || drawings.length === 0)
    ? E.left(new FileError(`panel ${missing.name}`, 'nothing to draw', 'a run with numbers for it'))
    : E.right(drawings)
}

const titleOf = ({ title }: Drawing, i: number): string => `(${String.fromCharCode('a'.charCodeAt(0) + i)}) ${title}`

/** Space around and between the panels. @units points */
const LEFT = 38
const RIGHT = 16
const BOTTOM = 26
const GAP = { row: 64, column: 46 }
/** Height of the title of a panel and two notes. @units points */
const HEAD = 32
/** Space above and below the legend. @units points */
const MARGIN = 4
/** Maximum height of a panel. @units points */
const HEIGHT = 96

const layOut = (curves: readonly Curve[], drawings: readonly Drawing[], width: number): Omit<Figure, 'description'> => {
  const maxColumns = width === figureWidths.single ? 1 : drawings.length === 4 ? 2 : 3
  const columns = Math.min(maxColumns, drawings.length)
  const rows = Math.ceil(drawings.length / columns)
  const inner = width - LEFT - RIGHT
  const panelWidth = (inner - GAP.column * (columns - 1)) / columns
  const height = Math.min(HEIGHT, panelWidth)
  const names = curves.map(({ name }) => name)
  const legend = legendOf(names, inner)
  const domain = stepsOf(curves)
  const byCurve = (range: readonly unknown[]) => ({
    field: 'curve',
    type: 'nominal',
    scale: { domain: names, range },
    legend: null,
  })
  const withDash = (layer: Layer): Layer =>
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
      concat: drawings.map((drawing, i) => ({
        width: panelWidth,
        height,
        encoding: {
          ...(drawing.across === undefined
            ? { x: { field: 'step', ...horizontal('step', 1), scale: { domain, nice: false } } }
            : {}),
          color: byCurve(colours),
        },
        layer: [
          ...drawing.layer.map(withDash),
          ...heading(titleOf(drawing, i), drawing.notes),
          ...(i === 0 ? legend.layers(HEAD + MARGIN) : []),
        ],
      })),
      config: style,
    } as TopLevelSpec,
  }
}

/** Heading at a fixed height above the panel. A title of Vega would move with the labels of the axis. */
const heading = (title: string, notes: readonly string[]): readonly Layer[] => [
  text(title, 0, -24, { fontSize: 8, fontWeight: 'bold' }),
  ...notes.map((note, i) => text(note, 0, -14.5 + 7.5 * i, { fontSize: 6 })),
]

const stepsOf = (curves: readonly Curve[]): readonly [number, number] => {
  const steps = curves.flatMap(({ runs }) =>
    runs.flatMap((run) => [...run.steps.map(({ step }) => stepNumber(step)), ...run.heldOut.map(({ step }) => step)]),
  )
  return [Math.min(...steps), Math.max(...steps)]
}

/** Style in print sizes. @units points */
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
