import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { limits } from '../checkpoint/limits.js'
import { nullIfMissing } from '../codec/nullable.js'
import { FileError } from '../file/file-error.js'
import { parseJson } from '../file/parse-json.js'
import { readRegularFile } from '../file/regular-file.js'
import { EstimateCodec, EvaluationCodec } from './step-evaluation.js'
import { describeFileProblem } from '../file/file-problem.js'

const ending = t.union([t.literal('finished'), t.literal('interrupted'), t.literal('failed')])
const shareOrNull = t.union([t.number, t.null])

/** Codec of the comparison of a run with another algorithm. A result that the comparison did not reach is null. */
const ComparedCodec = t.readonly(
  t.type({
    /** Algorithm that the run was compared with. */
    algorithm: t.string,
    /** Status at the end of the training with that algorithm. */
    status: ending,
    /** Share of its steps whose measured entropy was in the band of the run. */
    inBandShare: shareOrNull,
    /** Evaluation of the model that it trained, on the same held-out prompts. */
    trained: t.union([EvaluationCodec, t.null]),
    /** Score of the run minus score of that algorithm: mean over the prompts, with paired intervals. */
    difference: t.union([
      t.readonly(t.type({ meanAtK: EstimateCodec, passAtK: t.readonly(t.record(t.string, EstimateCodec)) })),
      t.null,
    ]),
  }),
)

/** Codec of `summary.json`: results of a run. A result that the run did not reach is null. */
export const RunSummaryCodec = t.readonly(
  t.type(
    {
      task: t.string,
      algorithm: t.string,
      seed: t.number,
      /** Name of the engine. */
      engine: t.string,
      /**
       * `running` from the start of the run; `saving` while the weights and the plots are written and the trained model is
       * evaluated; then how the run ended. `finished` means that the weights are on disk.
       */
      status: t.union([t.literal('running'), t.literal('saving'), ...ending.types]),
      /** Error that ended the run, with a line for each of its causes; null if no error did. */
      failure: nullIfMissing(t.string),
      /** Configured number of steps. */
      planned: t.number,
      /** Number of steps that were done. */
      steps: t.number,
      /** Number of done steps that did not update the weights. */
      skipped: t.number,
      /** Number of updates that were refused, by reason; they are among the skipped steps. */
      refused: nullIfMissing(t.readonly(t.record(t.string, t.number))),
      /** Number of steps whose entropy was outside its hard limit, and the first of them; null if there is none. */
      limitBreach: nullIfMissing(
        t.readonly(
          t.type({
            steps: t.number,
            step: t.number,
            entropy: t.number,
            side: t.union([t.literal('below'), t.literal('above')]),
          }),
        ),
      ),
      /**
       * Account of the prompts whose completions were requested (`issued`): each trained, was dropped as stale, has no verdict
       * (`failed`), was replaced by dynamic sampling (`discarded`), or belongs to a step that the run did not finish. Null if a log of
       * an earlier version does not have them.
       */
      prompts: nullIfMissing(
        t.readonly(
          t.type({
            issued: t.number,
            trained: t.number,
            stale: t.number,
            failed: t.number,
            discarded: t.number,
            unfinished: t.number,
          }),
        ),
      ),
      /** Share of the steps whose measured entropy was in its band, bounds included. */
      inBandShare: shareOrNull,
      /** Median time of a step. @units seconds */
      stepSeconds: t.union([t.number, t.null]),
      /** Time per stage, summed over the steps. @units seconds */
      secondsByStage: t.readonly(
        t.type({ sample: t.number, score: t.number, update: t.number, operators: t.number, total: t.number }),
      ),
      /** Evaluation of the initial checkpoint on held-out prompts. */
      base: t.union([EvaluationCodec, t.null]),
      /** Evaluation of the trained model on held-out prompts. */
      trained: t.union([EvaluationCodec, t.null]),
      /** Comparison with another algorithm; null for a run without one. */
      compared: nullIfMissing(ComparedCodec),
    },
    'RunSummary',
  ),
)

/** Results of a run. */
export type RunSummary = t.TypeOf<typeof RunSummaryCodec>

/** Reads a `summary.json`. @errors FileError */
export const readSummary = (file: string): TE.TaskEither<FileError, RunSummary> => readSummaryAs(file, RunSummaryCodec)

/** Reads the fields of a `summary.json` that a codec names. @errors FileError */
export const readSummaryAs = <A>(file: string, codec: t.Decoder<unknown, A>): TE.TaskEither<FileError, A> =>
  pipe(
    TE.tryCatch(
      async () => (await readRegularFile(file, limits.json)).toString('utf8'),
      (cause) => new FileError(file, describeFileProblem(cause), "a run's summary", { cause }),
    ),
    TE.chainEitherK((text) => parseJson(file, text, codec)),
  )
