import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Waypoint } from '../../lib/rollout/band.js'
import { type RunCommand, RunCommandCodec } from '../../lib/control/run-command.js'

/** Points of a band that a hand may ask for: more than steps a person tells apart. */
const MOST_POINTS = 1000

/** More than the entropy of any vocabulary. @units nats per token */
const MOST_NATS = 100

const commandOf = (codec: (typeof RunCommandCodec.types)[number]) => codec.type.props.command.value
const names = RunCommandCodec.types.map(commandOf)

/** The body of a request as a command; a message says which field, what was found and what was expected. */
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
      const problem = command.command === 'steer' ? tooMuch(command.points) : undefined
      return problem === undefined ? E.right(command) : E.left(problem)
    }),
  )

const tooMuch = (points: readonly Waypoint[]): string | undefined => {
  if (points.length > MOST_POINTS) return `points: found ${points.length}, expected at most ${MOST_POINTS}`
  const i = points.findIndex(({ band: { low, high } }) => low < 0 || high > MOST_NATS)
  if (i === -1) return undefined
  const { low, high } = points[i]!.band
  return `points.${i}.band: found low ${low} and high ${high}, expected from 0 to ${MOST_NATS} nats`
}

const firstProblem = ([error]: t.Errors): string => {
  const path = error?.context.map(({ key }) => key).filter((key) => key !== '') ?? []
  const field = path.join('.')
  if (error?.message === undefined)
    return `${field}: found ${shown(error?.value)}, expected ${error?.context.at(-1)?.type.name ?? 'something else'}`
  return error.message.startsWith(field) ? error.message : `${field}: ${error.message}`
}

/** Not what is in it: it may be deep, or long. */
const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a mapping'
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 80) : value)
}
