import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { Int32Codec, jsonNumberThat, type NumberJson } from './number.js'

/** Constructor of a typed array. */
interface Kind<A> {
  readonly name: string
  new (length: number): A
  from(values: Iterable<number>): A
}

/** Codec of a typed array, which is an array of numbers in JSON. A number that does not fit is an error. */
const arrayOf = <A extends Iterable<number>>(
  kind: Kind<A>,
  element: t.Type<number, NumberJson>,
): t.Type<A, readonly NumberJson[]> => {
  const elements = t.readonlyArray(element)
  return new t.Type(
    kind.name,
    (input): input is A => input instanceof kind && elements.is([...input]),
    (input, context) =>
      pipe(
        elements.validate(input, context),
        E.map((values) => kind.from(values)),
      ),
    (array) => elements.encode([...array]),
  )
}

/** Codec of log-probabilities, entropies and advantages. A number is rounded to the nearest float32. */
export const Float32ArrayCodec: t.Type<Float32Array, readonly NumberJson[]> = arrayOf<Float32Array>(
  Float32Array,
  jsonNumberThat('float32', (x) => Number.isFinite(Math.fround(x)) || !Number.isFinite(x)),
)

/** Codec of token ids. */
export const Int32ArrayCodec: t.Type<Int32Array, readonly NumberJson[]> = arrayOf<Int32Array>(Int32Array, Int32Codec)

/** Codec of a mask of zeros and ones. */
export const MaskCodec: t.Type<Uint8Array, readonly NumberJson[]> = arrayOf<Uint8Array>(
  Uint8Array,
  jsonNumberThat('0 or 1', (x) => x === 0 || x === 1),
)
