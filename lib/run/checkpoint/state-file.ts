import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { firstMismatch, placeIn } from '../../codec/describe-errors.js'
import { parseJsonText } from '../../codec/json-text.js'
import { nullable, nullIfMissing } from '../../codec/nullable.js'
import { CountCodec, NumberCodec } from '../../codec/number.js'
import { PipelineStateCodec } from '../../codec/value/pipeline-state.js'
import { checkpointFiles } from './checkpoint-name.js'

/** Version of the format. A reader refuses a later one. */
const FORMAT = 1

const DigestCodec = t.readonly(t.strict({ bytes: CountCodec, sha256: t.string }, 'digest'))

/** Codec of `state.json`, without its own checksum. */
const StateFileCodec = t.readonly(
  t.strict(
    {
      format: t.literal(FORMAT),
      /** Digests of the other files of the checkpoint; none if a service keeps the weights. */
      files: t.readonly(
        t.exact(
          t.partial(
            {
              [checkpointFiles.parameters]: DigestCodec,
              [checkpointFiles.firstMoments]: DigestCodec,
              [checkpointFiles.secondMoments]: DigestCodec,
            },
            'digests of the files',
          ),
        ),
      ),
      learner: t.union(
        [
          t.strict({ version: CountCodec, optimizerSteps: CountCodec, gradientNorms: t.readonlyArray(NumberCodec) }),
          t.strict({ version: CountCodec, optimizerSteps: CountCodec, savedAs: t.string }),
        ],
        'learner',
      ),
      pipeline: PipelineStateCodec,
      logs: t.readonly(t.record(t.string, CountCodec)),
      score: nullable(NumberCodec),
      inputs: t.readonly(t.record(t.string, DigestCodec)),
      engine: nullIfMissing(
        t.readonly(t.strict({ name: t.string, device: nullable(t.string), threads: nullable(CountCodec) }, 'engine')),
      ),
      config: nullIfMissing(t.readonly(t.UnknownRecord)),
    },
    'state of a run',
  ),
)

/** Contents of `state.json`. */
export type StateFile = t.TypeOf<typeof StateFileCodec>

/** Returns the text of a state file. Its last field is the SHA-256 digest of the text of the fields before. */
export const encodeStateFile = (state: Omit<StateFile, 'format'>): string => {
  const fields = StateFileCodec.encode({ format: FORMAT, ...state })
  return `${JSON.stringify({ ...fields, sha256: digestOf(fields) }, null, 2)}\n`
}

const digestOf = (fields: unknown): string => createHash('sha256').update(JSON.stringify(fields)).digest('hex')

const Stored = t.type({ format: t.unknown, sha256: t.string })

/** Decodes the text of a state file. @errors CheckpointError for a torn or altered file, and for a later format */
export const decodeStateFile = (file: string, text: string): E.Either<CheckpointError, StateFile> =>
  pipe(
    E.tryCatch(() => parseJsonText(text), String),
    E.chain((value) => (Stored.is(value) ? E.right(value) : E.left('JSON without format and sha256'))),
    E.mapLeft((found) => new CheckpointError(file, found, 'the state of a checkpoint')),
    E.filterOrElse(
      ({ format }) => typeof format !== 'number' || format <= FORMAT,
      ({ format }) =>
        new CheckpointError(file, `format ${String(format)}`, `format ${FORMAT}; a later version of entrain reads it`),
    ),
    E.chain(({ sha256, ...fields }) => {
      const found = digestOf(fields)
      return found === sha256
        ? E.right(fields)
        : E.left(
            new CheckpointError(file, `contents with the SHA-256 digest ${found}`, `${sha256}: the file was altered`),
          )
    }),
    E.chain((fields) =>
      pipe(
        StateFileCodec.decode(fields),
        E.mapLeft(firstMismatch),
        E.mapLeft(({ path, found, expected }) => new CheckpointError(placeIn(file, path), found, expected)),
      ),
    ),
  )
