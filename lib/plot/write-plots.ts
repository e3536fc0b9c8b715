import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TopLevelSpec } from 'vega-lite'
import { FileError } from '../file/file-error.js'
import { writeWhole } from '../file/write-whole.js'
import { runFiles } from '../run/run-folder.js'
import { entropyPlot } from './entropy-plot.js'
import type { PlottedStep } from './plotted-run.js'
import { renderPlot } from './render-plot.js'
import { rewardPlot } from './reward-plot.js'

/** Draws the entropy and reward plots of a run into its folder, each as SVG and PNG, and returns their paths. @errors FileError */
export const writePlots = (
  folder: string,
  metrics: readonly PlottedStep[],
  subtitle: string,
): TE.TaskEither<FileError, readonly string[]> =>
  pipe(
    [
      write(join(folder, runFiles.entropyPlot), entropyPlot(metrics, subtitle)),
      write(join(folder, runFiles.rewardPlot), rewardPlot(metrics, subtitle)),
    ],
    TE.sequenceArray,
    TE.map((paths) => paths.flat()),
  )

const write = (path: string, specification: TopLevelSpec): TE.TaskEither<FileError, readonly string[]> =>
  pipe(
    TE.tryCatch(
      () => renderPlot(specification),
      (cause) => new FileError(path, String(cause), 'a plot that can be drawn', { cause }),
    ),
    TE.chainFirst(({ svg }) => writeWhole(`${path}.svg`, svg)),
    TE.chainFirst(({ png }) => writeWhole(`${path}.png`, png)),
    TE.map(() => [`${path}.svg`, `${path}.png`]),
  )
