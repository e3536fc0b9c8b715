/**
 * Language models on an engine: the local policy and learner, decoders, adapters, tokenizers and chat templates,
 * checkpoints in memory, and learning-rate schedules.
 *
 * @packageDocumentation
 */

export {
  type LocalModel,
  localModel,
  type LocalModelOptions,
  type VersionedParameters,
} from './lib/policy/local/local-model.js'
export type { RecoveryOptions } from './lib/policy/local/recovering-model.js'
export type { EngineRestart } from './lib/policy/local/restart-engines.js'
export type { DecoderConfig, RopeScaling } from './lib/model/decoder-config.js'
export {
  decodeModel,
  encodeModel,
  type ModelCheckpoint,
  type ModelSource,
  type WeightEntries,
} from './lib/model/model-checkpoint.js'
export { initialWeights, type WeightMap } from './lib/model/weights.js'
export { type Adapters, freshAdapters, withAdapters } from './lib/model/lora/adapters.js'
export { type LoraConfig, type LoraTarget, loraTargets } from './lib/model/lora/lora.js'
export { type Quarantine, type RefusedBatch, withQuarantine } from './lib/policy/quarantine.js'
export type { AdamWOptions } from './lib/optimizer/adamw.js'
export type { GradientSpike } from './lib/optimizer/gradient-spike.js'
export { constantRate, type LearningRate, warmupCosine, warmupLinear } from './lib/optimizer/learning-rate.js'
export { CheckpointError } from './lib/checkpoint/checkpoint-error.js'
export type { LearnerState, SavedState, TrainingState } from './lib/checkpoint/training-state.js'

export { characterTokenizer } from './lib/tokenizer/character-tokenizer.js'
export {
  type ChatTemplate,
  chatTemplate,
  type ChatTemplateOptions,
  type ChatVariables,
  type Message,
} from './lib/tokenizer/chat-template.js'
export { huggingFaceTokenizer, type HuggingFaceTokenizerOptions } from './lib/tokenizer/hugging-face-tokenizer.js'
export type { Tokenizer } from './lib/tokenizer/tokenizer.js'
