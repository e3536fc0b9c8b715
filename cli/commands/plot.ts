import { join } from 'node:path'
import { readJsonLines } from '../../lib/run/json-lines.js'
import { type ConfiguredRun, type Curve, curvesBySeed, curvesOf } from '../../lib/plot/curve.js'
import { type PlottedRun, PlottedStepCodec, readPlottedRun } from '../../lib/plot/plotted-run.js'
import { writeFigure } from '../../lib/plot/write-figure.js'
import { writePlots } from '../../lib/plot/write-plots.js'
import { runFiles } from '../../lib/run/run-folder.js'
import type { Command } from '../command.js'
import { ConfigError } from '../config/config-error.js'
import {
  figureSettings,
  type PlotConfig,
  PlotConfigCodec,
  plotDefaults,
  plotSettings,
  themeSettings,
} from '../config/plot-config.js'
import { renameSettings } from '../config/renamed.js'
import { resolve } from '../config/resolve.js'
import { yamlLayer } from '../config/yaml-layer.js'
import { exitCodes } from '../exit.js'
import type { Setting } from '../flag.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { flagLayer, type FlagValues } from '../parse-flags.js'

/** Draws the plots of one run from its log, or a figure of several runs. The runs may be running or interrupted. */
export const plotCommand: Command = {
  name: 'plot',
  keepsResults: true,
  about: "draw a run's entropy and reward from its metrics.jsonl, or a figure of several runs",
  usage: 'RUN... [flags]',
  details: [
    'RUN is a run folder. Without --out, the command takes one RUN and writes entropy.svg, entropy.png, reward.svg and\nreward.png into it.',
    'With --out, the command writes one figure of all runs, in panels: score, entropy with its band, KL, accepted\nresponses, log-likelihoods, and the predicted against the measured change of entropy.',
  ],
  positionals: ['RUN...'],
  flags: plotSettings,
  defaults: plotDefaults,
  examples: [
    ['entrain plot runs/countdown-grpo-1', 'draw a run, which may still be running'],
    ['entrain plot runs/* --mean --out figure.svg', 'compare algorithms, with the mean over seeds'],
    ['entrain plot runs/* --panels entropy --out entropy.png', 'draw one panel, as wide as a column of a paper'],
  ],
  run: async (flags, folders, terminal) => {
    const config = rightOrThrow(resolve(PlotConfigCodec, plotDefaults, [flagLayer(plotSettings, flags)]))
    const again = folders.find((folder, i) => folders.indexOf(folder) < i)
    if (again !== undefined) throw new ConfigError([`${again}: given twice`])
    const isFigure = config.out !== undefined
    refuseFlags(flags, isFigure ? themeSettings : figureSettings, `${isFigure ? 'with' : 'without'} --out`)
    const files =
      config.out === undefined ? await drawPlots(config, folders) : await drawFigure(config.out, config, folders)
    terminal.write(`${files.join('\n')}\n`)
    return exitCodes.done
  },
}

/** Refuses flags that would be ignored. @errors ConfigError naming each of them */
const refuseFlags = (flags: FlagValues, unused: readonly Setting[], circumstance: string): void => {
  const given = unused.filter(({ name }) => flags.has(name))
  if (given.length > 0) throw new ConfigError(given.map(({ name }) => `--${name}: has no effect ${circumstance}`))
}

const drawFigure = async (out: string, { mean, panels, width }: PlotConfig, folders: readonly string[]) => {
  const runs = withDistinctNames(await Promise.all(folders.map((folder) => orThrow(readPlottedRun(folder)))), folders)
  const curves = mean ? await meanCurves(runs, folders) : curvesOf(runs)
  await orThrow(writeFigure(out, curves, { panels, width }))
  return [out]
}

/** Draws the plots of one run into its folder. */
const drawPlots = async (
  { theme }: PlotConfig,
  [folder = '', ...others]: readonly string[],
): Promise<readonly string[]> => {
  if (others.length > 0)
    throw new ConfigError([`--out: found none, expected the file for a figure of ${others.length + 1} runs`])
  const metrics = await orThrow(readJsonLines(join(folder, runFiles.metrics), PlottedStepCodec))
  return orThrow(writePlots(folder, metrics, folder, theme))
}

/** Names the runs by their folders, or by their paths if two folders have the same name. */
const withDistinctNames = (runs: readonly PlottedRun[], folders: readonly string[]): readonly PlottedRun[] =>
  new Set(runs.map(({ name }) => name)).size === runs.length
    ? runs
    : runs.map((run, i) => ({ ...run, name: folders[i]! }))

const meanCurves = async (runs: readonly PlottedRun[], folders: readonly string[]): Promise<readonly Curve[]> => {
  const configured = await Promise.all(
    folders.map(async (folder, i): Promise<ConfiguredRun> => {
      const layer = await orThrow(yamlLayer(join(folder, runFiles.config)))
      return { folder, run: runs[i]!, config: rightOrThrow(renameSettings(layer)).value.settings }
    }),
  )
  const curves = rightOrThrow(curvesBySeed(configured))
  if (curves.every((curve) => curve.runs.length === 1))
    throw new ConfigError([
      '--mean: found no two runs of one configuration, expected runs that differ only in their seed',
    ])
  return curves
}
