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
import { type PlotTheme, type PlotThemeName, plotThemes } from './theme.js'

/**
 * Draws the two plots of a run into its folder, each as SVG and PNG, and returns the paths of the files. The names of the
 * dark files end in `-dark`.
 *
 * @errors FileError naming the file that cannot be written
 */
export const writePlots = (
  folder: string,
  metrics: readonly PlottedStep[],
  subtitle: string,
  themeName: PlotThemeName = 'light',
): TE.TaskEither<FileError, readonly string[]> => {
  const theme = plotThemes[themeName]
  const pathOf = (name: string) => join(folder, themeName === 'light' ? name : `${name}-${themeName}`)
  return pipe(
    [
      write(pathOf(runFiles.entropyPlot), entropyPlot(metrics, subtitle, theme), theme),
      write(pathOf(runFiles.rewardPlot), rewardPlot(metrics, subtitle, theme), theme),
    ],
    TE.sequenceArray,
    TE.map((paths) => paths.flat()),
  )
}

const write = (
  path: string,
  specification: TopLevelSpec,
  theme: PlotTheme,
): TE.TaskEither<FileError, readonly string[]> =>
  pipe(
    TE.tryCatch(
      () => renderPlot(specification, theme),
      (cause) => new FileError(path, String(cause), 'a plot that can be drawn', { cause }),
    ),
    TE.chainFirst(({ svg }) => writeWhole(`${path}.svg`, svg)),
    TE.chainFirst(({ png }) => writeWhole(`${path}.png`, png)),
    TE.map(() => [`${path}.svg`, `${path}.png`]),
  )
