import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { mismatches } from '../../lib/codec/describe-errors.js'
import { ConfigError } from './config-error.js'
import { type Layer, overlay, placeOf, type Settings } from './layer.js'

/**
 * Defaults, then each layer over what is below it, decoded as one. `prepare` may clear what a layer makes meaningless.
 *
 * @errors ConfigError: a line per bad field, with its place, what was found and what was expected
 */
export const resolve = <A>(
  codec: t.Type<A>,
  defaults: Settings,
  layers: readonly Layer[],
  prepare: (below: Settings, above: Settings) => Settings = (below) => below,
): E.Either<ConfigError, A> =>
  pipe(
    codec.decode(layers.reduce((below, { settings }) => overlay(prepare(below, settings), settings), defaults)),
    E.mapLeft(
      (errors) =>
        new ConfigError(mismatches(errors).map(({ keys, message }) => `${placeOf(layers, keys)}: ${message}`)),
    ),
  )
