import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import { type EngineName, titleOf } from './engines.js'

/** An open engine and the reason for its choice. */
export interface OpenedEngine {
  readonly name: EngineName
  readonly engine: Engine
  /** Title of the engine and why it was chosen, for a log: `ONNX Runtime on the CPU; no GPU: nvidia-smi lists none`. */
  readonly reason: string
}

type Open<Name extends EngineName> = (name: Name) => TE.TaskEither<PipelineError, Engine>

/**
 * Turns an opener that rejects into an effect with a typed error.
 *
 * @errors the PipelineError of the opener; EngineFailed for any other exception
 */
export const tryOpen = (open: () => Promise<Engine>): TE.TaskEither<PipelineError, Engine> =>
  TE.tryCatch(open, (error) =>
    error instanceof PipelineError ? error : new PipelineError('EngineFailed', String(error), { cause: error }),
  )

/** Opens one engine by name. */
export const openNamed = <Name extends EngineName>(
  name: Name,
  open: Open<Name>,
): TE.TaskEither<PipelineError, OpenedEngine> =>
  pipe(
    open(name),
    TE.map((engine) => ({ name, engine, reason: `${titleOf(name, engine)}, as asked` })),
  )

/**
 * Opens the first of several engines that opens. The reason lists `notes`, then why each engine before it did not open.
 *
 * @errors PipelineError EngineMissing, with the reasons, if none opens
 */
export const openFirst =
  <Name extends EngineName>(
    names: readonly Name[],
    open: Open<Name>,
    notes: readonly string[] = [],
  ): TE.TaskEither<PipelineError, OpenedEngine> =>
  async () => {
    const passedOver = [...notes]
    for (const name of names) {
      const result = await open(name)()
      if (E.isRight(result))
        return E.right({ name, engine: result.right, reason: [titleOf(name, result.right), ...passedOver].join('; ') })
      passedOver.push(`${name}: ${result.left.message}`)
    }
    return E.left(new PipelineError('EngineMissing', `no engine opens here: ${passedOver.join('; ')}`))
  }
