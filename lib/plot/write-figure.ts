import { extname } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../file/file-error.js'
import { writeWhole } from '../file/write-whole.js'
import type { Curve } from './curve.js'
import { createFigure, type FigureOptions } from './figure.js'
import { toPrintPng, toPrintSvg } from './print.js'
import { renderSvg } from './render-plot.js'

/** Converter to each file format, by file extension. */
const converters = {
  '.svg': toPrintSvg,
  '.png': toPrintPng,
} as const

/** File extensions of figures. */
export const figureEndings = Object.keys(converters) as (keyof typeof converters)[]

/**
 * Draws a figure of one or several runs and writes it as an SVG or PNG file, one or two columns of a paper wide.
 *
 * @errors FileError: another file extension, a panel without numbers, too many curves, a file that cannot be written
 */
export const writeFigure = (
  file: string,
  curves: readonly Curve[],
  options: FigureOptions = {},
): TE.TaskEither<FileError, void> => {
  const ending = figureEndings.find((each) => each === extname(file))
  if (ending === undefined) return TE.left(new FileError(file, 'another file extension', figureEndings.join(' or ')))
  return pipe(
    TE.fromEither(createFigure(curves, options)),
    TE.chain((figure) =>
      TE.tryCatch(
        async () => converters[ending](await renderSvg(figure.specification, {}, figure.size), figure.description),
        (cause) => new FileError(file, String(cause), 'a figure that can be drawn', { cause }),
      ),
    ),
    TE.chain((contents) => writeWhole(file, contents)),
  )
}
