import { join } from 'node:path'
import { readJsonLines } from '../lib/run/json-lines.js'
import { type ConfiguredRun, type Curve, curvesBySeed, curvesOf } from '../lib/run/plot/curve.js'
import { type PlottedRun, PlottedStepCodec, readPlottedRun } from '../lib/run/plot/plotted-run.js'
import { writeFigure } from '../lib/run/plot/write-figure.js'
import { writePlots } from '../lib/run/plot/write-plots.js'
import { runFiles } from '../lib/run/run-folder.js'
import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { PlotConfigCodec, plotDefaults, plotSettings } from './config/plot-config.js'
import { resolve } from './config/resolve.js'
import { yamlLayer } from './config/yaml-layer.js'
import { exitCodes, orThrow, unwrap } from './exit.js'
import { flagLayer } from './parse-flags.js'

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
    ['entrain plot runs/* --mean true --out figure.svg', 'compare algorithms over seeds, for a paper'],
    ['entrain plot runs/* --panels entropy --out entropy.png', 'one panel, a column wide'],
  ],
  run: async (flags, folders, terminal) => {
    const config = unwrap(resolve(PlotConfigCodec, plotDefaults, [flagLayer(plotSettings, flags)]))
    const { out, mean } = config
    const again = folders.find((folder, i) => folders.indexOf(folder) < i)
    if (again !== undefined) throw new ConfigError([`${again}: given twice`])
    if (out === null) {
      const [folder = '', ...others] = folders
      if (others.length > 0)
        throw new ConfigError([`--out: missing; the figure of ${folders.length} runs needs a file`])
      if (flags.size > 0) throw new ConfigError([`--${[...flags.keys()][0]!}: of no use without --out`])
      const metrics = await orThrow(readJsonLines(join(folder, runFiles.metrics), PlottedStepCodec))
      const written = await orThrow(writePlots(folder, metrics, folder))
      terminal.write(`${written.join('\n')}\n`)
      return exitCodes.done
    }
    const runs = await Promise.all(folders.map((folder) => orThrow(readPlottedRun(folder))))
    const named = distinct(runs, folders)
    const curves = mean ? await meanCurves(named, folders) : curvesOf(named)
    await orThrow(writeFigure(out, curves, { panels: config.panels ?? undefined, width: config.width ?? undefined }))
    terminal.write(`${out}\n`)
    return exitCodes.done
  },
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
  const curves = unwrap(curvesBySeed(configured))
  if (curves.every((curve) => curve.runs.length === 1))
    throw new ConfigError(['--mean: found no two runs that differ in their seed alone'])
  return curves
}
