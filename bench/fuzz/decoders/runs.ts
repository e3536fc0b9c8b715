/** Run folders and configurations, as the commands that show a run read them. */
import { join } from 'node:path'
import { EMPTY, of, NEVER } from 'rxjs'
import { scheduleOf } from '../../../cli/config/band-plan.js'
import { loadTrainConfig } from '../../../cli/config/load-train-config.js'
import { givenPlan } from '../../../cli/config/planned-band.js'
import { outcome } from '../../../cli/display/outcome.js'
import type { Terminal } from '../../../cli/terminal.js'
import { runToWatch } from '../../../cli/watching/run-to-watch.js'
import { watchInTerminal } from '../../../cli/watching/watch-terminal.js'
import { FeedEventCodec } from '../../../dashboard/feed-event-codec.js'
import { createSharedFeed } from '../../../dashboard/server/shared-feed.js'
import { type RunToWatch, watchRun } from '../../../dashboard/server/watched-run.js'
import { emptyView, reduceView } from '../../../dashboard/view/view.js'
import { entropyControl } from '../../../lib/control/entropy-control.js'
import { parseJson } from '../../../lib/file/parse-json.js'
import { rightOrThrow } from '../../../lib/or-throw.js'
import { curvesOf } from '../../../lib/plot/curve.js'
import { createFigure } from '../../../lib/plot/figure.js'
import { PlottedStepCodec, readPlottedRun } from '../../../lib/plot/plotted-run.js'
import { writeFigure } from '../../../lib/plot/write-figure.js'
import { writePlots } from '../../../lib/plot/write-plots.js'
import { readJsonLines } from '../../../lib/run/json-lines.js'
import { runFiles } from '../../../lib/run/run-folder.js'
import { StepMetricsCodec } from '../../../lib/run/step-metrics.js'
import { readSummary } from '../../../lib/run/summary.js'
import { bytesOfText, type FuzzDecoder, type FuzzDecoders } from '../fuzz-decoder.js'
import type { Form } from '../mutations/index.js'
import { configurationOf, runFolder } from '../samples/run.js'
import { unlessRefused, valueOf } from '../typed-error.js'
import { decodeFile, writeFiles } from './write-input.js'

/** Terminal that nobody reads. */
const silent: Terminal = {
  interactive: true,
  columns: 80,
  rows: 24,
  write: () => undefined,
  progress: () => undefined,
  note: () => undefined,
  lost$: NEVER,
  hasLostResults: () => false,
}

/** Reads a run as `entrain watch` serves it, and every message as the page does. */
const readAsPage = async (run: RunToWatch): Promise<void> => {
  const decoder = new TextDecoder()
  let view = emptyView
  for await (const bytes of createSharedFeed([watchRun(run)]).stream(of(undefined), NEVER)) {
    const text = decoder.decode(bytes)
    // The other messages are comments, which keep the connection alive.
    if (text.startsWith('data: '))
      view = reduceView(view, rightOrThrow(parseJson('feed', text.slice(6), FeedEventCodec)))
  }
}

/** Reads a run once as `entrain watch --terminal` shows it, in a terminal and in a log. */
const readInTerminal = async (run: RunToWatch): Promise<void> => {
  for (const interactive of [true, false]) {
    const end = await watchInTerminal({ ...watchRun(run), mark$: EMPTY }, { ...silent, interactive }, NEVER)
    if (end?.end === 'over') outcome(end.summary)
  }
}

/** Reads a run as `entrain plot` does, up to the drawing. */
const readForPlot = async (folder: string): Promise<void> => {
  const curves = curvesOf([await valueOf(readPlottedRun(folder))])
  await unlessRefused(() => rightOrThrow(createFigure(curves)))
}

/** Reads a run as `entrain replay` does, up to the training. */
const readForReplay = async (folder: string): Promise<void> => {
  const { band, steps } = await valueOf(loadTrainConfig(new Map([['config', join(folder, runFiles.config)]])))
  const plan = givenPlan(band)
  const recorded = await valueOf(readJsonLines(join(folder, runFiles.metrics), StepMetricsCodec))
  if (plan === null) return
  const { steer, release } = entropyControl(scheduleOf(plan, steps))
  for (const { steered } of recorded)
    if (steered !== null) {
      if (steered.length > 0) steer(steered)
      else release()
    }
}

/** Reads a run folder in every way. A way may refuse what another accepts; the folder is accepted if the first accepts it. */
const readRun = async (folder: string): Promise<void> => {
  const readers = [
    async () => readAsPage(await valueOf(runToWatch(folder))),
    async () => readInTerminal(await valueOf(runToWatch(folder))),
    () => readForPlot(folder),
    () => readForReplay(folder),
    () => valueOf(readSummary(join(folder, runFiles.summary))),
  ]
  for (const read of readers.slice(1)) await unlessRefused(read)
  await readers[0]!()
}

/** Draws the plots of a run and a figure. */
const drawRun = async (folder: string): Promise<void> => {
  const steps = await valueOf(readJsonLines(join(folder, runFiles.metrics), PlottedStepCodec))
  await valueOf(writePlots(folder, steps, 'a run'))
  const curves = curvesOf([await valueOf(readPlottedRun(folder))])
  await unlessRefused(() => valueOf(writeFigure(join(folder, 'figure.svg'), curves)))
}

const fileOfRun = (
  name: string,
  form: Form,
  about: string,
  {
    read = readRun,
    weight = 1,
  }: { readonly read?: (folder: string) => Promise<unknown>; readonly weight?: number } = {},
): FuzzDecoder => ({
  about,
  form,
  weight,
  samples: () => Promise.resolve([bytesOfText(runFolder[name]!)]),
  open: async (folder) => {
    await writeFiles(folder, runFolder)
    return decodeFile(folder, name, () => read(folder))
  },
})

/** Configurations with schedules of every kind, with data files, and with anchors. */
const configurations: readonly string[] = [
  configurationOf({}),
  configurationOf({
    band: {
      schedule: 'piecewise',
      points: [
        { step: 0, band: { low: 0.4, high: 0.5 } },
        { step: 9, band: { low: 0.1, high: 0.3 } },
      ],
    },
  }),
  'algorithm: grpo\noptions:\n  clipHigh: 0.28\nband:\n  schedule: constant\n  from: { low: 0.4, high: 0.5 }\n',
  'band:\n  schedule: cosine\n  from: &start { low: 0.4, high: 0.5 }\n  to: { <<: *start, low: 0.3 }\n',
  'task: math\nmodel: models/qwen3\ndata:\n  train: [a.jsonl, "b.parquet"]\n  layout: gsm8k\ntemplateVariables:\n  enable_thinking: false\n',
  'steps: 20\nseed: 7\nlora: { rank: 4, alpha: 8, targets: [q_proj, v_proj] }\nevaluation:\n  every: 5\n# a comment\n',
]

export const runDecoders: FuzzDecoders = {
  configuration: {
    about: 'a configuration of training in YAML',
    form: 'yaml',
    weight: 3,
    samples: () => Promise.resolve(configurations.map(bytesOfText)),
    open: (folder) =>
      Promise.resolve(
        decodeFile(folder, 'run.yaml', async (path) => {
          const { band, steps } = await valueOf(loadTrainConfig(new Map([['config', path]])))
          const plan = givenPlan(band)
          if (plan !== null) for (const step of [0, 1, steps - 1, steps]) scheduleOf(plan, steps)(step)
        }),
      ),
  },
  'run-config': fileOfRun(runFiles.config, 'yaml', `${runFiles.config} of a run folder`),
  'run-metrics': fileOfRun(runFiles.metrics, 'json-lines', `${runFiles.metrics} of a run folder`, { weight: 2 }),
  'run-timings': fileOfRun(runFiles.timings, 'json-lines', `${runFiles.timings} of a run folder`),
  'run-evaluations': fileOfRun(runFiles.evaluations, 'json-lines', `${runFiles.evaluations} of a run folder`),
  'run-rollouts': fileOfRun(runFiles.rollouts, 'json-lines', `${runFiles.rollouts} of a run folder`),
  'run-summary': fileOfRun(runFiles.summary, 'json', `${runFiles.summary} of a run folder`),
  'run-servers': fileOfRun(runFiles.servers, 'json', `${runFiles.servers} of a run folder`),
  plot: fileOfRun(runFiles.metrics, 'json-lines', `${runFiles.metrics}, drawn as plots and a figure`, {
    read: drawRun,
    weight: 0.05,
  }),
}
