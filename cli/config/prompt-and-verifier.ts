import { orNoneTextSetting } from '../flag.js'
import { orNone, text } from './fields.js'
import type { Fault } from './with-faults.js'

/** Fields of every configuration with a task: what a person adds to its prompts, and what replaces its verifier. */
export const promptFields = {
  /** System message at the start of every prompt of task `math`; null for none. */
  system: orNone(text),
  /** Path of a JavaScript module that exports a verifier; null for the verifier of the task. */
  verifier: orNone(text),
}

export const promptDefaults = { system: null, verifier: null } as const

export const promptSettings = [
  orNoneTextSetting(
    'system',
    'system message at the start of every prompt of task math, unless its row has one; none: no system message',
    'TEXT|none',
  ),
  orNoneTextSetting(
    'verifier',
    'JavaScript module that exports a function verifier(prompt, completion); none: the verifier of the task',
    'FILE.js|none',
  ),
]

interface PromptSettings {
  readonly task: string
  readonly system: string | null
  readonly verifier: string | null
  readonly reward: { readonly mustMark: boolean }
}

/** Faults of these settings that each field alone does not have: the path of a field, and the message. */
export const promptFaults = ({ task, system, verifier, reward }: PromptSettings): readonly Fault[] => {
  const faults: Fault[] = []
  if (system !== null && task !== 'math')
    faults.push([['system'], `found a text with task ${task}, whose prompts have no messages, expected none`])
  if (verifier !== null && reward.mustMark)
    faults.push([
      ['reward', 'mustMark'],
      'found true with a verifier that replaces that of the task, expected false, because only the verifier of task math reads it',
    ])
  return faults
}
