import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import { parse, View } from 'vega'
import { compile, type Config, type TopLevelSpec } from 'vega-lite'

/** A plot in both forms. */
export interface Plot {
  readonly svg: string
  readonly png: Uint8Array
}

/** Comes with the package, since a server may have no fonts at all; an SVG takes the reader's own where it is missing. */
const font = 'DejaVu Sans, Helvetica, Arial, sans-serif'
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}`),
)

const style: Config = {
  font,
  background: 'white',
  view: { stroke: null },
  title: { anchor: 'start', fontSize: 15, fontWeight: 600, subtitleFontSize: 12, subtitleColor: '#555', offset: 14 },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 10,
    titleColor: '#333',
    labelColor: '#333',
    gridColor: '#e8e8e8',
    domainColor: '#999',
    tickColor: '#999',
  },
  axisX: { grid: false },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    title: null,
    labelFontSize: 12,
    symbolType: 'square',
    symbolSize: 120,
    symbolOpacity: 1,
    symbolStrokeWidth: 0,
    offset: 8,
  },
}

/** The legend of a plot of lines alone, whose squares would have no fill. */
export const lineLegend = { symbolType: 'stroke', symbolStrokeWidth: 4 } as const

/** Draws a Vega-Lite specification; the PNG has two pixels to a point. */
export const renderPlot = async (specification: TopLevelSpec): Promise<Plot> => {
  const vega = compile(specification, { config: style }).spec
  const svg = await new View(parse(vega), { renderer: 'none' }).toSVG()
  const options = {
    font: { fontFiles, loadSystemFonts: false },
    fitTo: { mode: 'zoom', value: 2 },
    background: 'white',
  } as const
  const png = new Resvg(svg, options).render().asPng()
  return { svg, png }
}
