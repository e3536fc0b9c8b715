import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { drawingHead, logitsHead } from '../../model/program/generate.js'
import { splitUniform } from '../../model/token-draws.js'
import type { WeightForm } from '../../model/weight-form.js'
import type { Sampling } from '../policy.js'
import type { Draw, Prediction } from './cached-decoder.js'
import { appendToken, type Decoding } from './decoding.js'
import { createTokenMeasure, tokenMeasures } from './token-measure.js'
import { createTokenSampler } from './token-sampler.js'

/** Appends the token of a draw to a decoding, with its log-probs and measures. */
export type ExtendDecoding = (decoding: Decoding, draw: number) => void

/** Model and sampling settings that decide how tokens are drawn. */
interface NextTokenSettings {
  readonly config: DecoderConfig
  /** Tokens that end a completion. */
  readonly ends: readonly number[]
  readonly form: WeightForm
}

/**
 * Returns whether tokens of a vocabulary are drawn on the engine. A smaller one costs less time on the host than the additional
 * operations of the program.
 */
export const isDrawnOnEngine = (vocabulary: number): boolean => vocabulary >= 1024

/**
 * Creates the prediction of next tokens. Tokens of a large vocabulary are drawn on the engine, so that no logits are copied;
 * with top-k or top-p, and for small vocabularies, they are drawn on the host.
 */
export const createNextTokens = (settings: NextTokenSettings, sampling: Sampling): Prediction<ExtendDecoding> => {
  const isTruncated = sampling.topK > 0 || sampling.topP < 1
  return isDrawnOnEngine(settings.config.vocabulary) && !isTruncated
    ? createEngineDraws(settings, sampling)
    : createHostDraws(settings, sampling)
}

/** Prediction that reads the logits of each sequence once, and draws from them on the host. */
const createHostDraws = (
  { config: { vocabulary }, ends }: NextTokenSettings,
  sampling: Sampling,
): Prediction<ExtendDecoding> => {
  const sample = createTokenSampler(vocabulary, sampling)
  const measure = createTokenMeasure(vocabulary)
  return {
    key: 'logits',
    head: logitsHead,
    outputs: ['logits'],
    reads: (_, sequences) => Array.from({ length: sequences }, (_, row) => row),
    feed: () => ({}),
    collect: (outputs, draws) => {
      const logits = outputs['logits']!.data
      return (decoding, draw) => {
        const { length: at, logprobs_T, untruncated_T, measures_MT } = decoding
        const { source, uniform } = draws[draw]!
        const offset = source * vocabulary
        const token = sample(logits, offset, uniform, logprobs_T, at, untruncated_T ?? undefined)
        if (measures_MT !== null) measure(logits, offset, token, measures_MT, sampling.maxTokens, at)
        appendToken(decoding, token, ends)
      }
    },
  }
}

/** Prediction that draws tokens and measures them on the engine. */
const createEngineDraws = (
  { ends, form }: NextTokenSettings,
  { temperature, maxTokens }: Sampling,
): Prediction<ExtendDecoding> => {
  const isMeasured = form === 'float32'
  const columns = isMeasured ? 1 + tokenMeasures.length : 1
  return {
    key: `draws at ${temperature}`,
    head: drawingHead(temperature, isMeasured),
    outputs: ['drawn', 'measures'],
    reads: (draws) => draws.map(({ source }) => source),
    feed: (draws, allocated) => ({ uniforms: uniformsOf(draws, allocated) }),
    collect: (outputs) => {
      const [tokens, measures] = [outputs['drawn']!.data, outputs['measures']!.data]
      return (decoding, draw) => {
        const { length: at, logprobs_T, measures_MT } = decoding
        logprobs_T[at] = measures[draw * columns]!
        if (measures_MT !== null)
          for (let m = 1; m < columns; m++) measures_MT[(m - 1) * maxTokens + at] = measures[draw * columns + m]!
        appendToken(decoding, tokens[draw]!, ends)
      }
    },
  }
}

/** @shape [allocated, 2] */
const uniformsOf = (draws: readonly Draw[], allocated: number): HostTensor => {
  const data = new Float32Array(2 * allocated)
  draws.forEach(({ uniform }, row) => data.set(splitUniform(uniform), 2 * row))
  return { shape: [allocated, 2], data }
}
