import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { unreadable } from '../../checkpoint/file-parts.js'
import { type GgufFile, openGguf } from '../../checkpoint/gguf-file.js'
import type { HostTensor } from '../../compute/program/node.js'
import { type ModelSource, sameWeights } from '../model-checkpoint.js'
import { mapParameters, parameterShapes } from '../parameters.js'
import { decodeGgufConfig, type GgufModel } from './config.js'
import { ROPE_FACTORS, weightsOf } from './names.js'
import { halvesFirst } from './rope-layout.js'

/**
 * Opens a GGUF file. Its weights are read, and made float32, when they are asked for, one at a time.
 *
 * @errors CheckpointError
 */
export const readGguf = (file: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    openGguf(file),
    TE.bindTo('gguf'),
    TE.bind('ropeFactors', ({ gguf }) => ropeFactorsOf(gguf, file)),
    TE.bind('model', ({ gguf, ropeFactors }) => TE.fromEither(decodeGgufConfig(gguf, ropeFactors, file))),
    TE.bind('names', ({ gguf }) => TE.right(weightsOf(gguf.entries))),
    TE.chainFirstEitherK(({ gguf, model, names }) =>
      sameWeights(
        parameterShapes(model.config),
        mapParameters(names, (name) => ({ shape: gguf.entries.get(name)!.shape, dtype: 'float32' })),
        file,
      ),
    ),
    TE.map(({ gguf, model, names }) => ({
      config: model.config,
      parameters: { [Symbol.asyncIterator]: () => parametersOf(gguf, model, names) },
      metadata: {},
    })),
  )

async function* parametersOf(gguf: GgufFile, model: GgufModel, names: ReadonlyMap<string, string>) {
  const outside = new Map([...names].map(([name, inside]) => [inside, name]))
  for await (const [inside, tensor] of gguf.tensors(outside.keys())) {
    const name = outside.get(inside)!
    yield [name, inRopeLayout(model, name, tensor)] as const
  }
}

/** Queries and keys of `llama` files are laid out for a rotation of neighbours. */
const inRopeLayout = ({ architecture, config }: GgufModel, name: string, tensor: HostTensor): HostTensor => {
  if (architecture !== 'llama') return tensor
  if (name.endsWith('q_proj.weight')) return halvesFirst(tensor, config.heads)
  if (name.endsWith('k_proj.weight')) return halvesFirst(tensor, config.kvHeads)
  return tensor
}

const ropeFactorsOf = (gguf: GgufFile, file: string): TE.TaskEither<CheckpointError, ArrayLike<number> | null> =>
  gguf.entries.has(ROPE_FACTORS)
    ? TE.tryCatch(
        async () => {
          for await (const [, { data }] of gguf.tensors([ROPE_FACTORS])) return data
          return null
        },
        (cause) => (cause instanceof CheckpointError ? cause : unreadable(file, cause, 'a .gguf file')),
      )
    : TE.right(null)
