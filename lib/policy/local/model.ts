import type { Engine } from '../../compute/engine/engine.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { ParameterStore } from '../parameter-store.js'
import type { Executables } from './executables.js'

/** What sampling, scoring and updating share: one engine, one set of weights, one set of compiled programs. */
export interface Model {
  readonly engine: Engine
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer
  readonly store: ParameterStore
  readonly executables: Executables
  /** Most sequences in one scoring or training run. */
  readonly microBatch: number
}
