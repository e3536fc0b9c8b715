import { type LayoutName, layouts } from '../../lib/task/data/layout/index.js'
import { promptTemplates, type PromptTemplateName } from '../../lib/task/prompt-template/index.js'
import { listSetting, numberSetting, textSetting, yesOrNoSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { integerFrom, listOf, nonNegative, oneOf, text, yesOrNo } from './fields.js'

const layoutNames = ['auto', ...(Object.keys(layouts) as LayoutName[])] as const
const templateNames = Object.keys(promptTemplates) as PromptTemplateName[]

/** Where questions of the task `math` come from, and how they are put: fields of every configuration with a task. */
export const dataFields = {
  data: strictRecord({
    /** Files of rows; where there are none for a split, it is held out of those to train on. */
    train: listOf(text),
    tune: listOf(text),
    test: listOf(text),
    layout: oneOf(layoutNames),
    template: oneOf(templateNames),
    /** Longer prompts are left out. @units tokens */
    maxPromptTokens: integerFrom(1),
    /** Rows that cannot be read are left out and counted, where the first would be an error. */
    skipBroken: yesOrNo,
  }),
  /** What an answer is worth beside being right: see `weighted`. */
  reward: strictRecord({
    /** Whether the last number counts as the answer where none is marked. */
    mustMark: yesOrNo,
    /** Of a final answer in a box. */
    formatWeight: nonNegative,
  }),
}

export const dataDefaults = {
  data: {
    train: [],
    tune: [],
    test: [],
    layout: 'auto',
    template: 'boxed',
    maxPromptTokens: 1024,
    skipBroken: false,
  },
  reward: { mustMark: false, formatWeight: 0 },
} as const

const files = (path: string, about: string) => listSetting(path, about, 'FILE,...')

const wording = [
  textSetting('data.layout', `how rows are written: ${layoutNames.join(', ')}`),
  textSetting('data.template', `how questions are put: ${templateNames.join(', ')}`),
  numberSetting('data.maxPromptTokens', 'longer prompts are left out, and counted'),
  yesOrNoSetting('data.skipBroken', 'leave out rows that cannot be read, and count them'),
  yesOrNoSetting('reward.mustMark', 'only a marked answer counts: \\boxed{}, ####, "the answer is"'),
]

/** Of a command that trains. */
export const trainingDataSettings = [
  { ...files('data.train', 'questions to train on, .jsonl or .parquet: the task is math then'), name: 'data' },
  files('data.tune', 'questions to choose a regime by; unless given, held out of the former'),
  files('data.test', 'questions to evaluate on; likewise'),
  ...wording,
  numberSetting('reward.formatWeight', 'what an answer in a box is worth by itself'),
]

/** Of one that evaluates. */
export const evaluationDataSettings = [
  { ...files('data.test', 'questions, .jsonl or .parquet: the task is math then'), name: 'data' },
  ...wording,
]
