import type { DecoderConfig } from '../../model/decoder-config.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { ParameterStore } from '../parameter-store.js'
import type { RunLimit } from './extent.js'
import type { Replicas } from './replica.js'

/**
 * Prompt of a sampled completion, the {@link tokenMeasures} of its tokens, and their log-probs over the whole vocabulary at the
 * sampling temperature.
 *
 * @shape measures_MT [tokenMeasures, T], tempered_T [T]
 */
export interface SamplingRecord {
  readonly prompt: Prompt
  readonly measures_MT: Float32Array
  readonly temperature: number
  readonly tempered_T: Float32Array
}

/** A model on its engines: the state that sampling, scoring and updating share. */
export interface ModelOnEngines {
  readonly replicas: Replicas
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer
  readonly store: ParameterStore
  /** Measures from sampling. If the same weights score a completion later, they need not read it again. */
  readonly samplingRecords: WeakMap<Completion, SamplingRecord>
  /** Limit of one engine run of scoring or training. */
  readonly runLimit: RunLimit
  readonly gradientCheckpointing: boolean
}
