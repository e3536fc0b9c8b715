/**
 * The Entrocraft paper (arXiv:2604.26326) in small: its claims and ours, judged by runs on small models.
 *
 *     npm run bench -- paper [--quick] [--jobs N] [--only PART,...] [--smollm2 PATH] [--report] [--out docs/paper]
 *
 * Each run is a process with one engine thread and writes one file into OUT/runs. A run whose file exists is not run again, so
 * the command can be interrupted and continued. --report judges the runs that exist and trains nothing. --quick makes short runs
 * with one seed in runs/paper-quick. Results are results.md, verdicts.json and the figures in OUT.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { processClock } from '../../cli/gauges.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow } from '../../lib/or-throw.js'
import { duration } from '../../lib/report/number-text.js'
import { parseName } from '../parse-name.js'
import type { ChildJob } from './child.js'
import { expectedSeconds } from './cost.js'
import { writeFigures } from './figures.js'
import { type ModelPlaces, pathOfModel } from './models.js'
import type { RunModel, RunPlan } from './plan.js'
import { readRecord } from './record.js'
import { formatResults, judgeClaims, verdictTable } from './report.js'
import { type Execute, runMissing, runScript } from './runner.js'
import { distinctPlans, type StudyRun, studyRuns, wordProblems } from './runs.js'
import { type PartName, partNames, type Scale, scales } from './scale.js'
import { readStudy } from './study.js'
import { writeWordProblems } from './word-problems.js'

const options = {
  quick: { type: 'boolean', default: false },
  jobs: { type: 'string', default: String(availableParallelism()) },
  only: { type: 'string' },
  smollm2: { type: 'string' },
  report: { type: 'boolean', default: false },
  out: { type: 'string' },
} as const

/** Folder of the models and questions that the study makes. Git ignores it. */
const CACHE = join('runs', 'paper-cache')

export const paperBench = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...args], options })
  const scale: Scale = scales[values.quick ? 'quick' : 'full']
  const out = values.out ?? (values.quick ? join('runs', 'paper-quick') : join('docs', 'paper'))
  const places: ModelPlaces = { cache: CACHE, smollm2: values.smollm2 ?? null }
  const folder = join(out, 'runs')
  if (!values.report) {
    const runs = studyRuns(scale, chosenParts(values.only, places))
    const isComplete = await trainMissing(runs, { folder, jobs: jobsOf(values.jobs), places })
    if (!isComplete) return
  }
  await report(scale, out, folder)
}

/** Parts of `--only`; without it all parts, and the language model only if there is one. */
const chosenParts = (only: string | undefined, { smollm2 }: ModelPlaces): readonly PartName[] =>
  only === undefined
    ? partNames.filter((part) => part !== 'language-model' || smollm2 !== null)
    : only.split(',').map((name) => parseName('--only', name, partNames))

const jobsOf = (text: string): number => {
  const jobs = Number(text)
  if (!Number.isInteger(jobs) || jobs < 1) throw new RangeError(`--jobs: found ${text}, expected an integer >= 1`)
  return jobs
}

interface Training {
  readonly folder: string
  readonly jobs: number
  readonly places: ModelPlaces
}

/** Trains the runs without a record; false if Ctrl-C ended it. The runs that Ctrl-C ends are repeated by a later call. */
const trainMissing = async (runs: readonly StudyRun[], { folder, jobs, places }: Training): Promise<boolean> => {
  const plans = distinctPlans(runs)
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const { signal } = interruption
  try {
    await prepareModels([...plans.values()], folder, places, signal)
    const { failures } = await runMissing(plans, {
      folder,
      jobs,
      execute: await executor(runs, folder, places),
      signal,
      print: (line) => console.log(line),
      expectedSeconds,
      clock: processClock,
    })
    if (failures.length > 0) {
      console.error([`${failures.length} runs failed:`, ...failures].join('\n'))
      process.exitCode = 1
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
  if (signal.aborted) {
    console.error('interrupted; the same command continues with the runs that are missing')
    process.exitCode = 130
  }
  return !signal.aborted
}

/** Pretrains the models that a missing run needs. */
const prepareModels = async (
  plans: readonly RunPlan[],
  folder: string,
  places: ModelPlaces,
  signal: AbortSignal,
): Promise<void> => {
  for (const plan of plans) {
    const { model } = plan
    if (model.kind !== 'pretrained' || existsSync(pathOfModel(model, places))) continue
    if ((await readRecord(folder, plan)) === null) await pretrain(model, pathOfModel(model, places), signal)
  }
}

const cli = new URL('../../cli/main.js', import.meta.url)
const child = new URL('./child.js', import.meta.url)

const pretrain = async (
  { name, settings }: Extract<RunModel, { readonly kind: 'pretrained' }>,
  file: string,
  signal: AbortSignal,
): Promise<void> => {
  const start = processClock()
  console.log(`pretraining the model ${name}: ${JSON.stringify(settings)}`)
  await mkdir(dirname(file), { recursive: true })
  const flags = Object.entries(settings).map(([flag, value]) => `--${flag}=${value}`)
  await runScript(cli, ['pretrain', file, ...flags], signal)
  console.log(`${file}: ${duration(processClock() - start)}`)
}

const executor = async (runs: readonly StudyRun[], folder: string, places: ModelPlaces): Promise<Execute> => {
  const hasWordProblems = runs.some(({ plan }) => plan.task === wordProblems.name)
  const questions = hasWordProblems ? await writeWordProblems(places.cache) : null
  return (plan, signal) => {
    const data = plan.task === wordProblems.name ? questions : null
    const job: ChildJob = { plan, files: { model: pathOfModel(plan.model, places), data }, folder }
    return runScript(child, [JSON.stringify(job)], signal)
  }
}

/** Judges the claims by the records of all parts, prints the verdicts, and writes results and figures. */
const report = async (scale: Scale, out: string, folder: string): Promise<void> => {
  const study = await readStudy(scale, studyRuns(scale, partNames), folder)
  const judged = judgeClaims(study)
  await mkdir(out, { recursive: true })
  const file = join(out, 'results.md')
  const text = await format(formatResults(study, judged), { ...(await resolveConfig(file)), filepath: file })
  await orThrow(writeWhole(file, text))
  await orThrow(writeWhole(join(out, 'verdicts.json'), `${JSON.stringify(judged, null, 2)}\n`))
  const figures = await writeFigures(study, out)
  console.log(`\n${scale.label}\n\n${verdictTable(judged)}\n\n${[file, ...figures].join('\n')}`)
}
