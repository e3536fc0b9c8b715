import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { toCheckpointError } from '../../checkpoint/file-parts.js'
import { type GgufFile, openGguf } from '../../checkpoint/gguf-file.js'
import type { HostTensor } from '../../compute/program/node.js'
import { type ModelSource, checkWeights } from '../model-checkpoint.js'
import { mapWeights, weightShapes } from '../weights.js'
import { decodeGgufConfig, type GgufModel } from './config.js'
import { ROPE_FACTORS, weightNames } from './names.js'
import { pairHalves } from './rope-layout.js'

/**
 * Opens a GGUF file. The weights are read and converted to float32 one at a time while they are iterated.
 *
 * @errors CheckpointError for a missing file, another format, or a network that is not supported
 */
export const readGguf = (file: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    openGguf(file),
    TE.bindTo('gguf'),
    TE.bind('ropeFactors', ({ gguf }) => ropeFactorsOf(gguf, file)),
    TE.bind('model', ({ gguf, ropeFactors }) => TE.fromEither(decodeGgufConfig(gguf, ropeFactors, file))),
    TE.bind('names', ({ gguf }) => TE.right(weightNames(gguf.entries))),
    TE.chainFirstEitherK(({ gguf, model, names }) =>
      checkWeights(
        weightShapes(model.config),
        mapWeights(names, (name) => ({ shape: gguf.entries.get(name)!.shape, dtype: 'float32' })),
        file,
      ),
    ),
    TE.map(({ gguf, model, names }) => ({
      config: model.config,
      weights: { [Symbol.asyncIterator]: () => ggufWeights(gguf, model, names) },
      metadata: {},
    })),
  )

async function* ggufWeights(gguf: GgufFile, model: GgufModel, names: ReadonlyMap<string, string>) {
  const ourNames = new Map([...names].map(([name, ggufName]) => [ggufName, name]))
  for await (const [ggufName, tensor] of gguf.tensors(ourNames.keys())) {
    const name = ourNames.get(ggufName)!
    yield [name, toRopeLayout(model, name, tensor)] as const
  }
}

/** Reorders queries and keys of files whose rotary positions rotate neighbouring elements. */
const toRopeLayout = ({ rotatesNeighbours, config }: GgufModel, name: string, tensor: HostTensor): HostTensor => {
  if (!rotatesNeighbours) return tensor
  if (name.endsWith('q_proj.weight')) return pairHalves(tensor, config.heads)
  if (name.endsWith('k_proj.weight')) return pairHalves(tensor, config.kvHeads)
  return tensor
}

const ropeFactorsOf = (gguf: GgufFile, file: string): TE.TaskEither<CheckpointError, ArrayLike<number> | null> =>
  gguf.entries.has(ROPE_FACTORS)
    ? TE.tryCatch(
        async () => {
          for await (const [, { data }] of gguf.tensors([ROPE_FACTORS])) return data
          return null
        },
        (cause) => (cause instanceof CheckpointError ? cause : toCheckpointError(file, cause, 'a .gguf file')),
      )
    : TE.right(null)
