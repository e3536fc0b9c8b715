import { basename, join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { FileError } from '../file/file-error.js'
import { isMissing } from '../file/missing-file.js'
import { readJsonLines } from '../run/json-lines.js'
import { runFiles } from '../run/run-folder.js'
import { type StepEvaluation, StepEvaluationCodec } from '../run/step-evaluation.js'
import { StepMetricsCodec } from '../run/step-metrics.js'
import { readSummaryAs, RunSummaryCodec } from '../run/summary.js'

const metrics = StepMetricsCodec.type.props

/** Codec of the fields of `metrics.jsonl` that the plots of one run show. */
export const PlottedStepCodec = t.readonly(
  t.type(
    pick(metrics, ['step', 'entropy', 'entropyError', 'low', 'high', 'reward', 'correct', 'outsideLimit']),
    'a step to plot',
  ),
)

/** A step in the plots of one run. */
export type PlottedStep = t.TypeOf<typeof PlottedStepCodec>

/** Codec of the fields of `metrics.jsonl` that a figure shows. Most are optional, because older logs do not have them. */
const FigureStepCodec = t.readonly(
  t.intersection(
    [
      t.type(pick(metrics, ['step', 'entropy', 'low', 'high'])),
      t.partial({
        ...pick(metrics, ['status', 'reward', 'correct', 'accepted', 'rejected', 'effectiveBatch']),
        ...pick(metrics, ['logLikelihoodPositive', 'logLikelihoodNegative', 'logBaseline', 'klToReference', 'kl']),
        ...pick(metrics, ['predictedChangeAccepted', 'measuredChange', 'steered', 'entropyError']),
      }),
    ],
    'a step to plot',
  ),
)

/** A step in a figure. */
export type FigureStep = t.TypeOf<typeof FigureStepCodec>

const EndsCodec = t.readonly(t.type(pick(RunSummaryCodec.type.props, ['steps', 'base', 'trained']), 'a summary'))

/** Data of a run that a figure shows. */
export interface PlottedRun {
  readonly name: string
  readonly steps: readonly FigureStep[]
  readonly heldOut: readonly StepEvaluation[]
}

/** Reads the data of a run for a figure. The run may still be running. @errors FileError that names the file and the line */
export const readPlottedRun = (folder: string): TE.TaskEither<FileError, PlottedRun> => {
  const log = join(folder, runFiles.metrics)
  return pipe(
    TE.Do,
    TE.apS('steps', readJsonLines(log, FigureStepCodec)),
    TE.filterOrElse(
      ({ steps }) => steps.length > 0,
      () => new FileError(log, 'no step', 'at least one step'),
    ),
    TE.apS('heldOut', heldOutOf(folder)),
    TE.map(({ steps, heldOut }) => ({ name: basename(resolve(folder)), steps, heldOut })),
  )
}

/** Reads the evaluations during the run, or those before and after training if there are none during the run. */
const heldOutOf = (folder: string): TE.TaskEither<FileError, readonly StepEvaluation[]> =>
  pipe(
    readJsonLines(join(folder, runFiles.evaluations), StepEvaluationCodec),
    ifMissing(() =>
      pipe(
        readSummaryAs(join(folder, runFiles.summary), EndsCodec),
        TE.map(({ steps, base, trained }) => [...at(0, base), ...at(steps, trained)]),
        ifMissing(() => TE.right([])),
      ),
    ),
  )

const at = (step: number, evaluation: Omit<StepEvaluation, 'step'> | null): readonly StepEvaluation[] =>
  evaluation === null ? [] : [{ ...evaluation, step }]

const ifMissing = (otherwise: () => TE.TaskEither<FileError, readonly StepEvaluation[]>) =>
  TE.orElse((error: FileError) => (isMissing(error.cause) ? otherwise() : TE.left(error)))

function pick<P extends t.Props, const K extends readonly (keyof P)[]>(props: P, names: K): Pick<P, K[number]> {
  return Object.fromEntries(names.map((name) => [name, props[name]])) as Pick<P, K[number]>
}
