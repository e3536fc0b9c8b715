import { createRenderer } from './render-plot.js'

/** Resolution of a PNG. @units pixels per inch */
const DPI = 300
/** Points per inch. */
const POINTS = 72

/**
 * Converts an SVG with units of points for print. Text becomes outlines, because the reader may not have the font. The
 * description holds the text instead.
 */
export const toPrintSvg = (svg: string, description: string): string =>
  createRenderer(svg)
    .toString()
    .replace(/\n\s*/g, '\n')
    .replace(/<svg width="([^"]*)" height="([^"]*)"[^>]*>/, (start: string, width: string, height: string) =>
      [
        start.replace(`"${width}"`, `"${width}pt"`).replace(`height="${height}"`, `height="${height}pt"`),
        `<desc>${escapeXml(description)}</desc>`,
      ].join('\n'),
    )

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Renders an SVG with units of points as a PNG that records its size in print. */
export const toPrintPng = (svg: string): Uint8Array => {
  const png = createRenderer(svg, { mode: 'zoom', value: DPI / POINTS })
    .render()
    .asPng()
  return Buffer.concat([png.subarray(0, AFTER_HEADER), density, png.subarray(AFTER_HEADER)])
}

/** End of the signature and the header of a PNG. @units bytes */
const AFTER_HEADER = 33
/** PNG chunk `pHYs`: 11811 pixels per metre. */
const density = Buffer.from('0000000970485973' + '00002e2300002e2301' + '78a53f76', 'hex')
