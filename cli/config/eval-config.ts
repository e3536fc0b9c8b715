import type * as t from 'io-ts'
import { bundledCheckpoints } from '../../lib/model/model-file.js'
import type { Split } from '../../lib/task/task.js'
import { evaluationSampling } from '../../pipelines/evaluation.js'
import { choiceSetting, group, numberSetting, orNoneSetting, orNoneTextSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { dataDefaults, dataFields, evaluationDataSettings } from './data.js'
import { integerFrom, nonNegative, oneOf, orNone, seed, share, text } from './fields.js'
import type { Settings } from './layer.js'
import { machineDefaults, machineFields, machineSettings } from './machine.js'
import { promptDefaults, promptFaults, promptFields, promptSettings } from './prompt-and-verifier.js'
import { taskNames } from './train-config.js'
import { withFaults } from './with-faults.js'
import { taskNamedBy } from './with-defaults-for.js'

/** Splits that no checkpoint was trained on. */
const splits = ['test', 'tune'] as const satisfies readonly Split[]

/** Fields of an evaluation. They determine every number of the result. */
const fields = strictRecord({
  task: oneOf(taskNames),
  ...dataFields,
  ...promptFields,
  /** PEFT folder of LoRA adapters; null for the model alone. */
  adapter: orNone(text),
  split: oneOf(splits),
  prompts: integerFrom(1),
  /** Samples per prompt. */
  k: integerFrom(1),
  temperature: nonNegative,
  topP: share,
  topK: integerFrom(0),
  /** Maximum length of a completion; null takes the longest answer of the task. @units tokens */
  maxTokens: orNone(integerFrom(1)),
  seed,
  ...machineFields,
})

/** Codec of the configuration of an evaluation. It refuses settings that contradict. */
export const EvalConfigCodec = withFaults(fields, promptFaults)

export type EvalConfig = t.TypeOf<typeof EvalConfigCodec>

/** Protocol of Entrocraft's paper: 32 samples at temperature 0.6, top-p 0.95, top-k 20. */
export const evalDefaults = {
  task: 'countdown',
  ...dataDefaults,
  ...promptDefaults,
  adapter: null,
  split: 'test',
  prompts: 128,
  k: evaluationSampling.group,
  temperature: evaluationSampling.temperature,
  topP: evaluationSampling.topP,
  topK: evaluationSampling.topK,
  maxTokens: null,
  seed: 0,
  ...machineDefaults,
} satisfies EvalConfig

/** Defaults of the evaluation of a model: a bundled checkpoint is evaluated on the task that it was made for. */
export const evalDefaultsOf = (model: string): EvalConfig => ({
  ...evalDefaults,
  task: bundledCheckpoints.find((name) => name === model) ?? evalDefaults.task,
})

/** Sets the task of a layer: the one that it names, or `math` if it names data files. */
export const withTaskOf = (below: Settings, above: Settings): Settings => {
  const task = taskNamedBy(above)
  return task === undefined ? below : { ...below, task }
}

export const evalSettings = [
  ...group('Prompts', [
    choiceSetting('task', 'task to evaluate on', taskNames),
    choiceSetting('split', 'held-out split of the task, on which no run trains', splits),
    numberSetting('prompts', 'number of distinct prompts'),
    orNoneTextSetting(
      'adapter',
      'PEFT folder of LoRA adapters for the checkpoint; none: the checkpoint alone',
      'DIR|none',
    ),
  ]),
  ...group('Data of task math', evaluationDataSettings),
  ...group('Prompt and verifier', promptSettings),
  ...group('Sampling', [
    numberSetting('k', 'samples per prompt: the k of mean@k and maj@k, and the largest k of pass@k'),
    numberSetting('temperature', 'sampling temperature; 0 takes the most likely token'),
    numberSetting('topP', 'top-p sampling: only the most likely tokens with total probability p; 1 turns it off'),
    numberSetting('topK', 'top-k sampling: only the k most likely tokens; 0 turns it off'),
    orNoneSetting('maxTokens', 'maximum length of a completion, tokens; none: the longest answer of the task'),
    numberSetting('seed', 'random seed of the samples'),
  ]),
  ...group('Machine', machineSettings),
]
