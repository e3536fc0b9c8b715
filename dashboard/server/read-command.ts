import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { describeErrors, formatValue } from '../../lib/codec/describe-errors.js'
import type { Waypoint } from '../../lib/rollout/band.js'
import { type RunCommand, RunCommandCodec } from '../../lib/control/run-command.js'

/** Largest number of points in a steer command. */
const MAX_POINTS = 1000

/** Largest high bound: no vocabulary has a larger entropy. @units nats per token */
const MAX_NATS = 100

const commandOf = (codec: (typeof RunCommandCodec.types)[number]) => codec.type.props.command.value
const names = RunCommandCodec.types.map(commandOf)

/** Parses the body of a request as a command. An error names the field, the value found and the value expected. */
export const readCommand = (body: string): E.Either<string, RunCommand> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(body),
      () => `body: found ${formatValue(body)}, expected JSON`,
    ),
    E.chain((value): E.Either<string, RunCommand> => {
      const asked: unknown = t.UnknownRecord.is(value) ? value['command'] : undefined
      const codec: t.Decoder<unknown, RunCommand> | undefined = RunCommandCodec.types.find(
        (each) => commandOf(each) === asked,
      )
      return codec === undefined
        ? E.left(`command: found ${formatValue(asked)}, expected one of ${names.join(', ')}`)
        : pipe(
            codec.decode(value),
            E.mapLeft((errors) => describeErrors(errors)[0]!),
          )
    }),
    E.chain((command) => {
      const problem = command.command === 'steer' ? limitProblem(command.points) : undefined
      return problem === undefined ? E.right(command) : E.left(problem)
    }),
  )

const limitProblem = (points: readonly Waypoint[]): string | undefined => {
  if (points.length > MAX_POINTS) return `points: found ${points.length}, expected at most ${MAX_POINTS}`
  const i = points.findIndex(({ band: { high } }) => high > MAX_NATS)
  if (i === -1) return undefined
  const { low, high } = points[i]!.band
  return `points.${i}.band: found low ${low} and high ${high}, expected from 0 to ${MAX_NATS} nats`
}
