import { createRequire } from 'node:module'
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js'
import { parse, View } from 'vega'
import { compile, type Config, type TopLevelSpec } from 'vega-lite'
import { type PlotTheme, plotThemes } from './theme.js'

/** A plot in both forms. */
export interface Plot {
  readonly svg: string
  readonly png: Uint8Array
}

/** Comes with the package, since a server may have no fonts at all; an SVG takes the reader's own where it is missing. */
export const font = 'DejaVu Sans, Helvetica, Arial, sans-serif'
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}`),
)

const styleOf = (theme: PlotTheme): Config => ({
  font,
  background: theme.background,
  view: { stroke: null },
  title: {
    anchor: 'start',
    fontSize: 15,
    fontWeight: 600,
    color: theme.title,
    subtitleFontSize: 12,
    subtitleColor: theme.subtitle,
    offset: 14,
  },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 10,
    titleColor: theme.axisText,
    labelColor: theme.axisText,
    gridColor: theme.grid,
    domainColor: theme.axisLine,
    tickColor: theme.axisLine,
  },
  axisX: { grid: false },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    title: null,
    labelFontSize: 12,
    labelColor: theme.title,
    symbolType: 'square',
    symbolSize: 120,
    symbolOpacity: 1,
    symbolStrokeWidth: 0,
    offset: 8,
  },
})

/** The legend of a plot of lines alone, whose squares would have no fill. */
export const lineLegend = { symbolType: 'stroke', symbolStrokeWidth: 4 } as const

/** Draws a Vega-Lite specification; the PNG has two pixels to a point. */
export const renderPlot = async (specification: TopLevelSpec, theme: PlotTheme = plotThemes.light): Promise<Plot> => {
  const svg = await drawn(specification, styleOf(theme))
  return { svg, png: rendering(svg, { mode: 'zoom', value: 2 }).render().asPng() }
}

/** A size that a drawing has whatever is on it. @units points */
export interface FixedSize {
  /** Of what the padding is around. */
  readonly width: number
  readonly height: number
  readonly padding: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
}

/** The SVG of a Vega-Lite specification: around what is on it, or of a size that is fixed. */
export const drawn = (specification: TopLevelSpec, config: Config = {}, size?: FixedSize): Promise<string> => {
  const vega = compile(specification, { config }).spec
  const sized = size === undefined ? vega : { ...vega, ...size, autosize: 'none' as const }
  return new View(parse(sized), { renderer: 'none' }).toSVG()
}

/** An SVG with our fonts at hand. */
export const rendering = (svg: string, fitTo?: ResvgRenderOptions['fitTo']): Resvg =>
  new Resvg(svg, { font: { fontFiles, loadSystemFonts: false }, background: 'white', ...(fitTo && { fitTo }) })
