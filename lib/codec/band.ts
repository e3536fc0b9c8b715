import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { band } from '../entropy/band.js'
import type { Band } from '../rollout/band.js'

const Bounds = t.type({ low: t.number, high: t.number })

/** io-ts reports a custom message without its path, so the path goes into the message. */
const fieldOf = (context: t.Context): string => {
  const keys = context.map(({ key }) => key).filter((key) => key !== '')
  return keys.length > 0 ? keys.join('.') : 'band'
}

/** A band as it stands in configuration, a band file or a message: `{ "low": 0.6, "high": 0.7 }`. */
export const BandCodec: t.Type<Band, Band> = new t.Type(
  'Band',
  (input): input is Band => Bounds.is(input) && E.isRight(band(input.low, input.high)),
  (input, context) =>
    pipe(
      Bounds.validate(input, context),
      E.chain(({ low, high }) =>
        pipe(
          band(low, high),
          E.fold((error) => t.failure<Band>(input, context, `${fieldOf(context)}: ${error.message}`), t.success),
        ),
      ),
    ),
  t.identity,
)
