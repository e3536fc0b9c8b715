import { checkOption, integerFrom, oneOf } from '../option.js'
import type { Split } from './task.js'

const split = oneOf<Split>(['train', 'tune', 'test'])

/** Checks the arguments of a task's `prompts`. @errors RangeError that names the argument */
export const checkPromptKey = (ofSplit: Split, seed: number, from: number): void => {
  checkOption('split', ofSplit, split)
  checkOption('seed', seed, integerFrom(0))
  checkOption('from', from, integerFrom(0))
}
