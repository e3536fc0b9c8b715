import { extname } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../file/file-error.js'
import { writeWhole } from '../file/write-whole.js'
import type { Curve } from './curve.js'
import { figure, type FigureOptions } from './figure.js'
import { printedPng, printedSvg } from './print.js'
import { drawn } from './render-plot.js'

/** How a figure is written, by what the name of its file ends in. */
const forms = {
  '.svg': printedSvg,
  '.png': printedPng,
} as const

export const figureEndings = Object.keys(forms) as (keyof typeof forms)[]

/**
 * Draws a figure of one or several runs, as wide as a column or two of a paper, into `FILE.svg` or `FILE.png`.
 *
 * @errors FileError: another ending, a panel without numbers, too many curves, a file that cannot be written
 */
export const writeFigure = (
  file: string,
  curves: readonly Curve[],
  options: FigureOptions = {},
): TE.TaskEither<FileError, void> => {
  const ending = figureEndings.find((each) => each === extname(file))
  if (ending === undefined) return TE.left(new FileError(file, 'another ending', figureEndings.join(' or ')))
  return pipe(
    TE.fromEither(figure(curves, options)),
    TE.chain((made) =>
      TE.tryCatch(
        async () => forms[ending](await drawn(made.specification, {}, made.size), made.description),
        (cause) => new FileError(file, String(cause), 'a figure that can be drawn', { cause }),
      ),
    ),
    TE.chain((contents) => writeWhole(file, contents)),
  )
}
