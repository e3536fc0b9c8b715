import type * as t from 'io-ts'
import { group, numberSetting, orNoneTextSetting } from '../flag.js'
import { integerFrom, nonNegative, orNone, seed, share, text } from './fields.js'
import { machineDefaults, machineFields, machineSettings } from './machine.js'
import { strictRecord } from './strict-record.js'
import { templateDefaults, templateFields, templateVariableSetting } from './template-variables.js'

/** Configuration of a conversation. */
export const ChatConfigCodec = strictRecord({
  /** PEFT folder of LoRA adapters; null for the model alone. */
  adapter: orNone(text),
  /** System message at the start of the conversation; null for none. */
  system: orNone(text),
  temperature: nonNegative,
  topK: integerFrom(0),
  topP: share,
  /** Maximum length of an answer. @units tokens */
  maxTokens: integerFrom(1),
  seed,
  ...templateFields,
  ...machineFields,
})

export type ChatConfig = t.TypeOf<typeof ChatConfigCodec>

export const chatDefaults: ChatConfig = {
  adapter: null,
  system: null,
  temperature: 0.7,
  topK: 0,
  topP: 0.95,
  maxTokens: 256,
  seed: 0,
  ...templateDefaults,
  ...machineDefaults,
}

export const chatSettings = [
  ...group('Model', [
    orNoneTextSetting('adapter', 'PEFT folder of LoRA adapters for the model; none: the model alone', 'DIR|none'),
    orNoneTextSetting(
      'system',
      'system message at the start of the conversation; none: no system message',
      'TEXT|none',
    ),
    templateVariableSetting,
  ]),
  ...group('Sampling', [
    numberSetting('temperature', 'sampling temperature; 0 takes the most likely token'),
    numberSetting('topK', 'top-k sampling: only the k most likely tokens; 0 turns it off'),
    numberSetting('topP', 'top-p sampling: only the most likely tokens with total probability p; 1 turns it off'),
    numberSetting('maxTokens', 'maximum length of an answer, tokens'),
    numberSetting('seed', 'random seed of the answers'),
  ]),
  ...group('Machine', machineSettings),
]
