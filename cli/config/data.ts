import { type LayoutName, layouts } from '../../lib/task/data/layout/index.js'
import { promptTemplates, type PromptTemplateName } from '../../lib/task/prompt-template.js'
import { choiceSetting, listSetting, numberSetting, orNoneSetting, textSetting, yesOrNoSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { templateDefaults, templateFields, templateVariableSetting } from './template-variables.js'
import { integerFrom, listOf, milliseconds, nonNegative, oneOf, orNone, text, yesOrNo } from './fields.js'

const layoutNames = ['auto', ...(Object.keys(layouts) as LayoutName[])] as const
const templateNames = Object.keys(promptTemplates) as PromptTemplateName[]

/** Fields of every configuration with a task: the chat template and the data files of task `math`, and the reward of an answer. */
export const dataFields = {
  ...templateFields,
  data: strictRecord({
    /** Files of rows. A split without files is held out of the training files. */
    train: listOf(text),
    tune: listOf(text),
    test: listOf(text),
    layout: oneOf(layoutNames),
    template: oneOf(templateNames),
    /** Maximum length of a prompt; rows with a longer one are left out. @units tokens */
    maxPromptTokens: integerFrom(1),
    /** If true, rows that cannot be read are left out and counted. If false, the first of them is an error. */
    skipBroken: yesOrNo,
  }),
  /** Parts of the reward besides correctness: see `weighted`. */
  reward: strictRecord({
    /** If true, only a marked answer counts. If false, the last number of a response without one counts too. */
    mustMark: yesOrNo,
    /** Weight of the format reward, for a final answer in a box; 0 turns it off. */
    formatWeight: nonNegative,
    /** Maximum time of one check of a completion, from its start. @units ms */
    timeLimit: milliseconds,
    /** Maximum number of checks at the same time, each in a thread; null: one less than the machine has cores. */
    threads: orNone(integerFrom(1)),
  }),
}

export const dataDefaults = {
  ...templateDefaults,
  data: {
    train: [],
    tune: [],
    test: [],
    layout: 'auto',
    template: 'boxed',
    maxPromptTokens: 1024,
    skipBroken: false,
  },
  reward: { mustMark: false, formatWeight: 0, timeLimit: 3000, threads: null },
} as const

const files = (path: string, about: string) => listSetting(path, about, 'FILE,...')

const questionSettings = [
  {
    ...textSetting(
      'data.layout',
      `layout of the rows: ${layoutNames.join(', ')}; auto recognises it from the first row`,
    ),
    choices: layoutNames,
  },
  choiceSetting('data.template', 'prompt template that a question is put into', templateNames),
  templateVariableSetting,
  numberSetting('data.maxPromptTokens', 'maximum length of a prompt, tokens; rows with a longer prompt are left out'),
  yesOrNoSetting('data.skipBroken', 'leave out and count rows that cannot be read, instead of stopping at the first'),
  yesOrNoSetting(
    'reward.mustMark',
    'accept only a marked answer (\\boxed{}, ####, "the answer is"), not the last number of a response',
  ),
  numberSetting('reward.timeLimit', 'maximum time of the check of one completion, from the start of the check, ms'),
  orNoneSetting(
    'reward.threads',
    'maximum number of completions that are checked at the same time, each in a thread; none: one less than the cores',
  ),
]

/** Settings of a command that trains. */
export const trainingDataSettings = [
  { ...files('data.train', 'training files, .jsonl or .parquet; they set the task to math'), name: 'data' },
  files('data.tune', 'files of the tune split, for choosing settings; by default held out of the training files'),
  files('data.test', 'files of the test split, for evaluation; by default held out of the training files'),
  ...questionSettings,
  numberSetting('reward.formatWeight', 'weight of the format reward, for a final answer in \\boxed{}; 0 turns it off'),
]

/** Settings of a command that evaluates. */
export const evaluationDataSettings = [
  { ...files('data.test', 'files of the test split, .jsonl or .parquet; they set the task to math'), name: 'data' },
  ...questionSettings,
]
