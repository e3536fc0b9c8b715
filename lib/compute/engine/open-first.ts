import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import type { EngineName } from './engine-name.js'
import { titleOf } from './engine-title.js'

export interface OpenedEngine {
  readonly name: EngineName
  readonly engine: Engine
  /** Why this one, for people to read. */
  readonly reason: string
}

type Open<Name extends EngineName> = (name: Name) => TE.TaskEither<PipelineError, Engine>

/** An opener whose errors are values. @errors its PipelineError, or EngineFailed for whatever else it throws */
export const opening = (open: () => Promise<Engine>): TE.TaskEither<PipelineError, Engine> =>
  TE.tryCatch(open, (error) =>
    error instanceof PipelineError ? error : new PipelineError('EngineFailed', String(error), { cause: error }),
  )

/** The engine that was asked for, or none. */
export const openNamed = <Name extends EngineName>(
  name: Name,
  open: Open<Name>,
): TE.TaskEither<PipelineError, OpenedEngine> =>
  pipe(
    open(name),
    TE.map((engine) => ({ name, engine, reason: `${titleOf(name, engine)}, as asked` })),
  )

/**
 * The first of these that opens. The reason also says why those before it did not, after what is known already.
 *
 * @errors EngineMissing, with why none opens
 */
export const openFirst =
  <Name extends EngineName>(
    names: readonly Name[],
    open: Open<Name>,
    known: readonly string[] = [],
  ): TE.TaskEither<PipelineError, OpenedEngine> =>
  async () => {
    const passedOver = [...known]
    for (const name of names) {
      const opened = await open(name)()
      if (E.isRight(opened))
        return E.right({ name, engine: opened.right, reason: [titleOf(name, opened.right), ...passedOver].join('; ') })
      passedOver.push(`${name}: ${opened.left.message}`)
    }
    return E.left(new PipelineError('EngineMissing', `no engine opens here: ${passedOver.join('; ')}`))
  }
