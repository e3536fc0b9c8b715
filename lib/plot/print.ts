import { rendering } from './render-plot.js'

/** @units pixels to an inch */
const DPI = 300
/** @units points to an inch */
const POINTS = 72

/**
 * An SVG whose units are points, which looks the same wherever it is opened: its text is outlines, since the reader may
 * lack the font. What it says stands in its description.
 */
export const printedSvg = (svg: string, description: string): string =>
  rendering(svg)
    .toString()
    .replace(/\n\s*/g, '\n')
    .replace(/<svg width="([^"]*)" height="([^"]*)"[^>]*>/, (start: string, width: string, height: string) =>
      [
        start.replace(`"${width}"`, `"${width}pt"`).replace(`height="${height}"`, `height="${height}pt"`),
        `<desc>${escaped(description)}</desc>`,
      ].join('\n'),
    )

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A PNG of an SVG whose units are points, which says how large it is in print. */
export const printedPng = (svg: string): Uint8Array => {
  const png = rendering(svg, { mode: 'zoom', value: DPI / POINTS })
    .render()
    .asPng()
  return Buffer.concat([png.subarray(0, AFTER_HEADER), density, png.subarray(AFTER_HEADER)])
}

/** Where the signature and the header of a PNG end, and what may follow: 11811 pixels to a metre, and its checksum. */
const AFTER_HEADER = 33
const density = Buffer.from('0000000970485973' + '00002e2300002e2301' + '78a53f76', 'hex')
