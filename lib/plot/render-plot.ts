import { createRequire } from 'node:module'
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js'
import type { Config, TopLevelSpec } from 'vega-lite'
import { type PlotTheme, plotThemes } from './theme.js'

/** A plot in both file formats. */
export interface Plot {
  readonly svg: string
  readonly png: Uint8Array
}

/** Font of plots. It comes with the package, because a server may have no fonts. An SVG falls back to the reader's fonts. */
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

/** Legend of a plot that has only lines. The default squares would have no fill. */
export const lineLegend = { symbolType: 'stroke', symbolStrokeWidth: 4 } as const

/** Renders a Vega-Lite specification. The PNG has two pixels per point. */
export const renderPlot = async (specification: TopLevelSpec, theme: PlotTheme = plotThemes.light): Promise<Plot> => {
  const svg = await renderSvg(specification, styleOf(theme))
  return { svg, png: createRenderer(svg, { mode: 'zoom', value: 2 }).render().asPng() }
}

/** Fixed size of a drawing, independent of its contents. @units points */
export interface FixedSize {
  /** Width without padding. */
  readonly width: number
  /** Height without padding. */
  readonly height: number
  readonly padding: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
}

/** Renders a Vega-Lite specification as SVG. Without a fixed size, the SVG fits its contents. */
export const renderSvg = async (
  specification: TopLevelSpec,
  config: Config = {},
  size?: FixedSize,
): Promise<string> => {
  // Loading both would take a fifth of the time in which every command starts, and most commands draw nothing.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const vega = compile(specification, { config }).spec
  const sized = size === undefined ? vega : { ...vega, ...size, autosize: 'none' as const }
  return new View(parse(sized), { renderer: 'none' }).toSVG()
}

/** Creates a renderer of an SVG that uses the fonts of the package. */
export const createRenderer = (svg: string, fitTo?: ResvgRenderOptions['fitTo']): Resvg =>
  new Resvg(svg, { font: { fontFiles, loadSystemFonts: false }, background: 'white', ...(fitTo && { fitTo }) })
