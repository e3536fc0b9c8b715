import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { band } from '../entropy/band.js'
import type { Band } from '../rollout/band.js'

const Bounds = t.type({ low: t.number, high: t.number })

/**
 * Entropy band in a configuration, a run folder or a message: `{ "low": 0.6, "high": 0.7 }`.
 *
 * Both bounds are finite and 0 <= low <= high, because entropy is never negative. There is no upper limit: the entropy of
 * a vocabulary of V tokens is at most ln V. No command has ever written a negative bound, so every run folder can be read.
 *
 * @units nats per token
 */
export const BandCodec: t.Type<Band, Band> = new t.Type(
  'a band: low and high',
  (input): input is Band => Bounds.is(input) && E.isRight(band(input.low, input.high)),
  (input, context) =>
    pipe(
      Bounds.validate(input, context),
      E.chain(({ low, high }) =>
        pipe(
          band(low, high),
          E.orElse((error) => t.failure<Band>(input, context, error.message)),
        ),
      ),
    ),
  t.identity,
)
