import { join } from 'node:path'
import { readJsonLines } from '../lib/run/json-lines.js'
import { type ConfiguredRun, type Curve, curvesBySeed, curvesOf } from '../lib/plot/curve.js'
import { type PlottedRun, PlottedStepCodec, readPlottedRun } from '../lib/plot/plotted-run.js'
import { writeFigure } from '../lib/plot/write-figure.js'
import { writePlots } from '../lib/plot/write-plots.js'
import { runFiles } from '../lib/run/run-folder.js'
import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { figureSettings, type PlotConfig, PlotConfigCodec, plotDefaults, plotSettings } from './config/plot-config.js'
import { resolve } from './config/resolve.js'
import { yamlLayer } from './config/yaml-layer.js'
import { exitCodes } from './exit.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import { flagLayer, type Given } from './parse-flags.js'

/** Draws a run's plots from its log, or a figure of several runs: also of those under way, or cut short. */
export const plotCommand: Command = {
  name: 'plot',
  about: "draw a run's entropy and reward from its metrics.jsonl, or a figure of several runs",
  usage: 'RUN... [flags]',
  details: [
    'RUN is a run folder. Of one, writes entropy.svg, entropy.png, reward.svg and reward.png into it.',
    'With --out, writes one figure of all of them, in panels: score, entropy and its band, KL, the responses that\nare accepted, log-likelihoods, and the predicted against the measured change of entropy.',
  ],
  positionals: ['RUN...'],
  flags: plotSettings,
  defaults: plotDefaults,
  examples: [
    ['entrain plot runs/countdown-grpo-1', 'draw a run that is under way, or was cut short'],
    ['entrain plot runs/* --mean --out figure.svg', 'compare algorithms over seeds, for a paper'],
    ['entrain plot runs/* --panels entropy --out entropy.png', 'one panel, a column wide'],
  ],
  run: async (flags, folders, terminal) => {
    const config = rightOrThrow(resolve(PlotConfigCodec, plotDefaults, [flagLayer(plotSettings, flags)]))
    const again = folders.find((folder, i) => folders.indexOf(folder) < i)
    if (again !== undefined) throw new ConfigError([`${again}: given twice`])
    if (config.out !== undefined && flags.has('theme')) throw new ConfigError(['--theme: of no use with --out'])
    const written =
      config.out === undefined ? await plots(flags, config, folders) : await drawn(config.out, config, folders)
    terminal.write(`${written.join('\n')}\n`)
    return exitCodes.done
  },
}

const drawn = async (out: string, { mean, panels, width }: PlotConfig, folders: readonly string[]) => {
  const runs = distinct(await Promise.all(folders.map((folder) => orThrow(readPlottedRun(folder)))), folders)
  const curves = mean ? await meanCurves(runs, folders) : curvesOf(runs)
  await orThrow(writeFigure(out, curves, { panels, width }))
  return [out]
}

/** Those of one run, into its folder. */
const plots = async (
  flags: Given,
  { theme }: PlotConfig,
  [folder = '', ...others]: readonly string[],
): Promise<readonly string[]> => {
  if (others.length > 0)
    throw new ConfigError([`--out: found none, expected the file for a figure of ${others.length + 1} runs`])
  const idle = figureSettings
    .filter(({ name }) => flags.has(name))
    .map(({ name }) => `--${name}: of no use without --out`)
  if (idle.length > 0) throw new ConfigError(idle)
  const metrics = await orThrow(readJsonLines(join(folder, runFiles.metrics), PlottedStepCodec))
  return orThrow(writePlots(folder, metrics, folder, theme))
}

/** The names of folders, unless two have the same: then their paths. */
const distinct = (runs: readonly PlottedRun[], folders: readonly string[]): readonly PlottedRun[] =>
  new Set(runs.map(({ name }) => name)).size === runs.length
    ? runs
    : runs.map((run, i) => ({ ...run, name: folders[i]! }))

const meanCurves = async (runs: readonly PlottedRun[], folders: readonly string[]): Promise<readonly Curve[]> => {
  const configured = await Promise.all(
    folders.map(async (folder, i): Promise<ConfiguredRun> => {
      const { settings } = await orThrow(yamlLayer(join(folder, runFiles.config)))
      return { folder, run: runs[i]!, config: settings }
    }),
  )
  const curves = rightOrThrow(curvesBySeed(configured))
  if (curves.every((curve) => curve.runs.length === 1))
    throw new ConfigError([
      '--mean: found no two runs of one configuration, expected some that differ in their seed alone',
    ])
  return curves
}
