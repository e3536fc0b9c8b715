import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { Tokenizer } from './tokenizer.js'

/**
 * Returns a tokenizer that begins each text with the tokens of `begin`, unless the text has them already.
 *
 * @errors CheckpointError for a beginning that is not one of the tokens that are found in a text
 */
export const rawTokenizer = (
  tokenizer: Tokenizer,
  begin: readonly string[],
  file: string,
): E.Either<CheckpointError, Tokenizer> =>
  pipe(
    begin,
    E.traverseArray((token) => idOf(tokenizer, token, file)),
    E.map((ids) =>
      ids.length === 0 ? tokenizer : { ...tokenizer, encode: (text) => beginWith(ids, tokenizer.encode(text)) },
    ),
  )

const idOf = (tokenizer: Tokenizer, token: string, file: string): E.Either<CheckpointError, number> =>
  pipe(
    E.tryCatch(
      () => tokenizer.encode(token),
      (cause) => cause as CheckpointError,
    ),
    E.filterOrElse(
      ({ length }) => length === 1,
      () => new CheckpointError(file, `no added token ${JSON.stringify(token)}`, 'this token, because it begins texts'),
    ),
    E.map(([id]) => id!),
  )

const beginWith = (begin: readonly number[], tokens: readonly number[]): readonly number[] =>
  begin.every((id, i) => tokens[i] === id) ? tokens : [...begin, ...tokens]

const TemplateCodec = t.type({ type: t.literal('TemplateProcessing'), single: t.UnknownArray })
const SequenceCodec = t.type({ type: t.literal('Sequence'), processors: t.UnknownArray })
const PairCodec = t.type({ cls: t.tuple([t.string, t.number]) })
const SpecialCodec = t.type({ SpecialToken: t.type({ id: t.string }) })

/** Returns the tokens that a post-processor of tokenizer.json puts before a text. */
export const beginOf = (postProcessor: unknown): readonly string[] => {
  if (TemplateCodec.is(postProcessor)) {
    const text = postProcessor.single.findIndex((item) => !SpecialCodec.is(item))
    return postProcessor.single
      .slice(0, Math.max(0, text))
      .flatMap((item) => (SpecialCodec.is(item) ? [item.SpecialToken.id] : []))
  }
  // A later processor puts its tokens around those of the processors before it.
  if (SequenceCodec.is(postProcessor)) return postProcessor.processors.toReversed().flatMap(beginOf)
  return PairCodec.is(postProcessor) ? [postProcessor.cls[0]] : []
}
