import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, describeThrown } from '../../describe.js'
import { findBadOption, gpuChoice, integerFrom, trueOrFalse } from '../../option.js'
import { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import { type EngineName, engineNames, type EngineOptions, gpuByOf, takesGpu, titleOf } from './engines.js'

/** An open engine and the reason for its choice. */
export interface OpenedEngine {
  readonly name: EngineName
  readonly engine: Engine
  /** Title of the engine and why it was chosen, for a log: `ONNX Runtime on the CPU; no GPU: nvidia-smi lists none`. */
  readonly reason: string
}

/**
 * Checks the name of an engine and its options, which a program in plain JavaScript may misspell.
 *
 * @errors PipelineError EngineMissing with the names of all engines; EngineFailed for an impossible number of threads, and for
 *   a GPU that the engine cannot choose
 */
export const checkEngineOptions = (
  name: EngineName | undefined,
  names: readonly EngineName[],
  options: EngineOptions,
): E.Either<PipelineError, void> => {
  if (name !== undefined && !names.includes(name))
    return E.left(
      new PipelineError('EngineMissing', `engine: found ${describe(name)}, expected one of ${names.join(', ')}`),
    )
  const bad = findBadOption(options, { threads: integerFrom(1), hardware: trueOrFalse, gpu: gpuChoice })
  const problem =
    bad === undefined ? findGpuMisfit(name, options) : `${bad.name}: found ${bad.found}, expected ${bad.expected}`
  return problem === undefined ? E.right(undefined) : E.left(new PipelineError('EngineFailed', problem))
}

const findGpuMisfit = (name: EngineName | undefined, { gpu }: EngineOptions): string | undefined => {
  if (name === undefined || gpu === undefined || takesGpu(name, gpu)) return undefined
  const found = `gpu: found ${describe(gpu)}, but the engine ${name}`
  switch (gpuByOf(name)) {
    case 'number':
      return `${found} takes the number of a GPU, from 0, in the order of nvidia-smi --list-gpus`
    case 'name':
      return `${found} takes the name of a WebGPU adapter or a part of it, because WebGPU does not number its adapters`
    case undefined:
      return `${found} does not choose a GPU; these do: ${engineNames.filter(gpuByOf).join(', ')}`
  }
}

type Open<Name extends EngineName> = (name: Name) => TE.TaskEither<PipelineError, Engine>

/**
 * Turns an opener that rejects into an effect with a typed error.
 *
 * @errors the PipelineError of the opener; EngineFailed for any other exception
 */
export const tryOpen = (open: () => Promise<Engine>): TE.TaskEither<PipelineError, Engine> =>
  TE.tryCatch(open, (error) =>
    error instanceof PipelineError ? error : new PipelineError('EngineFailed', describeThrown(error), { cause: error }),
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
