import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
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
      () => `body: found ${shown(body)}, expected JSON`,
    ),
    E.chain((value): E.Either<string, RunCommand> => {
      const asked: unknown = t.UnknownRecord.is(value) ? value['command'] : undefined
      const codec: t.Decoder<unknown, RunCommand> | undefined = RunCommandCodec.types.find(
        (each) => commandOf(each) === asked,
      )
      return codec === undefined
        ? E.left(`command: found ${shown(asked)}, expected one of ${names.join(', ')}`)
        : pipe(codec.decode(value), E.mapLeft(firstProblem))
    }),
    E.chain((command) => {
      const problem = command.command === 'steer' ? limitProblem(command.points) : undefined
      return problem === undefined ? E.right(command) : E.left(problem)
    }),
  )

const limitProblem = (points: readonly Waypoint[]): string | undefined => {
  if (points.length > MAX_POINTS) return `points: found ${points.length}, expected at most ${MAX_POINTS}`
  const i = points.findIndex(({ band: { low, high } }) => low < 0 || high > MAX_NATS)
  if (i === -1) return undefined
  const { low, high } = points[i]!.band
  return `points.${i}.band: found low ${low} and high ${high}, expected from 0 to ${MAX_NATS} nats`
}

const firstProblem = ([error]: t.Errors): string => {
  const path = error?.context.map(({ key }) => key).filter((key) => key !== '') ?? []
  const field = path.join('.')
  if (error?.message === undefined)
    return `${field}: found ${shown(error?.value)}, expected ${error?.context.at(-1)?.type.name ?? 'something else'}`
  return error.message.startsWith(field) ? error.message : `${field}: ${error.message}`
}

/** Formats a value for an error. Lists and mappings are only named, because they can be large. */
const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a mapping'
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 80) : value)
}
