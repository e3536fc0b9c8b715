import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { mismatches } from '../../lib/codec/describe-errors.js'
import { ConfigError } from './config-error.js'
import { type Layer, overlay, placeOf, type Settings } from './layer.js'

/**
 * Lays the layers over the defaults and decodes the result. `prepare` may replace settings that a layer makes meaningless.
 *
 * @errors ConfigError: one line per bad field, with its place, the value found and the value expected
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
