import type { Engine } from '../../compute/engine/engine.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { ParameterStore } from '../parameter-store.js'
import type { Executables } from './executables.js'

/** Behind which prompt a completion was drawn, and its {@link measures}. @shape measured [measures, T] */
export interface Remembered {
  readonly prompt: Prompt
  readonly measured: Float32Array
}

/** What sampling, scoring and updating share: one engine, one set of weights, one set of compiled programs. */
export interface Model {
  readonly engine: Engine
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer
  readonly store: ParameterStore
  readonly executables: Executables
  /** What the weights said of completions when they drew them: the same weights need not read them again to score them. */
  readonly drawn: WeakMap<Completion, Remembered>
  /** Most sequences in one scoring or training run. */
  readonly microBatch: number
  readonly gradientCheckpointing: boolean
}
