import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, oneOf, optional, positive, size, sizeUpTo } from '../../checkpoint/fields.js'
import type { GgufHeader } from '../../checkpoint/gguf.js'
import { limits } from '../../checkpoint/limits.js'
import { type DecoderConfig, everyLayer, type RopeScaling } from '../decoder-config.js'
import { ropeFrequencies } from '../rope-frequencies.js'
import { checkKeys } from './keys.js'
import { ROPE_FACTORS } from './names.js'

/** Features of the decoder of an architecture, and the order of its weights. */
interface Family {
  readonly headNorms: boolean
  readonly attentionBias: boolean
  /** True if rotary positions rotate neighbouring elements of a head, so that queries and keys are stored in that order. */
  readonly rotatesNeighbours: boolean
  /** Every layer with this number has no rotary positions; null if all have them. */
  readonly noRopeInterval: number | null
}

/**
 * Features of the decoder per architecture name.
 *
 * @source github.com/ggml-org/llama.cpp, src/models/smollm3.cpp
 */
const families = {
  /** Also of Mistral. */
  llama: { headNorms: false, attentionBias: false, rotatesNeighbours: true, noRopeInterval: null },
  qwen2: { headNorms: false, attentionBias: true, rotatesNeighbours: false, noRopeInterval: null },
  qwen3: { headNorms: true, attentionBias: false, rotatesNeighbours: false, noRopeInterval: null },
  /** llama.cpp reads no interval from the file either. */
  smollm3: { headNorms: false, attentionBias: false, rotatesNeighbours: true, noRopeInterval: 4 },
} as const satisfies Record<string, Family>

/** Architecture name of a GGUF file. */
export type Architecture = keyof typeof families

const GeneralCodec = t.type(
  {
    'general.architecture': oneOf(families),
    /** Number of files that the tensors are split over. */
    'split.count': optional(t.refinement(t.number, (n) => n <= 1, '1: a model in one file')),
    'general.type': optional(t.literal('model')),
  },
  'metadata',
)

/** Metadata keys of an architecture, without its name as prefix. */
const SizesCodec = t.type(
  {
    embedding_length: size,
    block_count: sizeUpTo(limits.layers),
    feed_forward_length: size,
    'attention.head_count': size,
    'attention.head_count_kv': optional(size),
    'attention.key_length': optional(size),
    'attention.layer_norm_rms_epsilon': positive,
    'rope.freq_base': optional(positive),
    'rope.scaling.type': optional(t.literal('none')),
  },
  'metadata',
)

/** Decoder configuration of a GGUF file, and the layout of its weights. */
export interface GgufModel {
  /** True if queries and keys are stored in an order in which rotary positions rotate neighbouring elements. */
  readonly rotatesNeighbours: boolean
  readonly config: DecoderConfig
}

/**
 * Decodes the configuration of a GGUF file. `ropeFactors` are the factors stored among the weights; null if there are none.
 *
 * @errors CheckpointError that names the metadata key
 */
export const decodeGgufConfig = (
  { metadata, entries }: GgufHeader,
  ropeFactors: ArrayLike<number> | null,
  file: string,
): E.Either<CheckpointError, GgufModel> =>
  pipe(
    decodeFields(GeneralCodec, Object.fromEntries(metadata), file),
    E.map((general) => general['general.architecture']),
    E.bindTo('architecture'),
    E.bind('sizes', ({ architecture }) =>
      decodeFields(SizesCodec, keysUnder(architecture, metadata), file, [architecture]),
    ),
    E.chainFirst(({ architecture, sizes }) => checkHeads(sizesOf(sizes), `${file}, ${architecture}`)),
    E.bind('vocabulary', () => vocabularyOf(entries, file)),
    E.chainFirst(({ architecture, sizes }) =>
      checkKeys(keysUnder(architecture, metadata), sizesOf(sizes).headWidth, `${file}, ${architecture}`),
    ),
    E.map(({ architecture, sizes, vocabulary }) => ({
      rotatesNeighbours: families[architecture].rotatesNeighbours,
      config: {
        ...sizesOf(sizes),
        ...featuresOf(families[architecture], sizes.block_count),
        vocabulary,
        tiedHead: !entries.has('output.weight'),
      },
    })),
    E.chain((model) =>
      ropeFactors === null
        ? E.right(model)
        : pipe(
            scalingOf(model.config, ropeFactors, file),
            E.map((ropeScaling) => ({ ...model, config: { ...model.config, ropeScaling } })),
          ),
    ),
  )

const featuresOf = ({ headNorms, attentionBias, noRopeInterval }: Family, layers: number) => {
  const noRopeLayers = noRopeInterval === null ? [] : everyLayer(noRopeInterval, layers)
  return { headNorms, attentionBias, ...(noRopeLayers.length === 0 ? {} : { noRopeLayers }) }
}

const keysUnder = (architecture: Architecture, metadata: GgufHeader['metadata']) =>
  Object.fromEntries(
    [...metadata]
      .filter(([key]) => key.startsWith(`${architecture}.`))
      .map(([key, value]) => [key.slice(architecture.length + 1), value]),
  )

const sizesOf = (sizes: t.TypeOf<typeof SizesCodec>) => {
  const { embedding_length: width, 'attention.head_count': heads } = sizes
  return {
    width,
    heads,
    layers: sizes.block_count,
    kvHeads: sizes['attention.head_count_kv'] ?? heads,
    headWidth: sizes['attention.key_length'] ?? Math.floor(width / heads),
    feedForward: sizes.feed_forward_length,
    ropeTheta: sizes['rope.freq_base'] ?? 10_000,
    normEpsilon: toDecimal(sizes['attention.layer_norm_rms_epsilon']),
  }
}

/** Checks that query heads share key heads evenly, and that rotary positions can pair the elements of a head. @errors CheckpointError */
const checkHeads = (
  { heads, kvHeads, headWidth }: Pick<DecoderConfig, 'heads' | 'kvHeads' | 'headWidth'>,
  place: string,
): E.Either<CheckpointError, void> => {
  if (heads % kvHeads !== 0)
    return E.left(
      new CheckpointError(`${place}.attention.head_count_kv`, String(kvHeads), `a divisor of head_count, ${heads}`),
    )
  return headWidth % 2 === 0
    ? E.right(undefined)
    : E.left(new CheckpointError(`${place}.attention.key_length`, String(headWidth), 'an even number'))
}

/** Returns the shortest decimal of a float32, because 1e-5 is stored as 0.000009999999747. */
const toDecimal = (x: number): number => {
  const short = Number(x.toPrecision(7))
  return Math.fround(short) === x ? short : x
}

const vocabularyOf = (entries: GgufHeader['entries'], file: string): E.Either<CheckpointError, number> => {
  const rows = entries.get('token_embd.weight')?.shape[0]
  return rows === undefined
    ? E.left(new CheckpointError(`${file}, weight token_embd.weight`, 'nothing', 'the embedding'))
    : E.right(rows)
}

/** Scaling of Llama 3.1 to 3.3. They differ only in the factor, which is the factor of the lowest frequency. */
const llama3 = { kind: 'llama3', low: 1, high: 4, originalLength: 8192 } as const

/** Relative error of factors that were stored as float32. */
const TOLERANCE = 1e-5

/** Finds the scaling that gives the factors in the file, because the file does not store the scaling itself. */
const scalingOf = (
  config: DecoderConfig,
  factors: ArrayLike<number>,
  file: string,
): E.Either<CheckpointError, RopeScaling> => {
  const scaling = { ...llama3, factor: factors[factors.length - 1] ?? NaN }
  const [plain, scaled] = [ropeFrequencies(config), ropeFrequencies({ ...config, ropeScaling: scaling })]
  const agrees =
    factors.length === plain.length &&
    plain.every((frequency, i) => Math.abs(frequency / scaled[i]! / factors[i]! - 1) < TOLERANCE)
  return agrees
    ? E.right(scaling)
    : E.left(
        new CheckpointError(
          `${file}, weight ${ROPE_FACTORS}`,
          `[${Array.from(factors).join(', ')}]`,
          "Llama 3's scaling",
        ),
      )
}
