import { readFile } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { parseJson } from '../file/parse-json.js'
import { FileError } from '../file/file-error.js'
import { EvaluationCodec } from './step-evaluation.js'

/** What a run came to: `summary.json`. Null stands for what the run did not get to. */
export const RunSummaryCodec = t.readonly(
  t.type(
    {
      task: t.string,
      algorithm: t.string,
      seed: t.number,
      /** Name of the engine that ran it. */
      engine: t.string,
      status: t.union([t.literal('finished'), t.literal('interrupted'), t.literal('failed')]),
      /** Steps asked for, and those that were done; the skipped ones among them changed no weight. */
      planned: t.number,
      steps: t.number,
      skipped: t.number,
      /** Share of the steps whose measured entropy lay in its band, bounds included. */
      inBandShare: t.union([t.number, t.null]),
      /** Median time of a step. @units seconds */
      stepSeconds: t.union([t.number, t.null]),
      /** Sums over the steps. @units seconds */
      secondsByStage: t.readonly(
        t.type({ sample: t.number, score: t.number, update: t.number, operators: t.number, total: t.number }),
      ),
      /** On held-out prompts: the checkpoint that the run started from, and what it trained. */
      base: t.union([EvaluationCodec, t.null]),
      trained: t.union([EvaluationCodec, t.null]),
    },
    'RunSummary',
  ),
)

export type RunSummary = t.TypeOf<typeof RunSummaryCodec>

/** Reads a `summary.json`. @errors FileError */
export const readSummary = (file: string): TE.TaskEither<FileError, RunSummary> => readSummaryAs(file, RunSummaryCodec)

/** Reads what a codec wants of it. @errors FileError */
export const readSummaryAs = <A>(file: string, codec: t.Decoder<unknown, A>): TE.TaskEither<FileError, A> =>
  pipe(
    TE.tryCatch(
      () => readFile(file, 'utf8'),
      (cause) => new FileError(file, String(cause), "a run's summary", { cause }),
    ),
    TE.chainEitherK((text) => parseJson(file, text, codec)),
  )
