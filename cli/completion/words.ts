import type { Command } from '../command.js'
import type { Flag } from '../flag.js'

/** Completion of a word: names of a list, paths, or none. */
export type Completion = { readonly names: readonly string[] } | 'files' | 'nothing'

/** Placeholders of values that are paths. */
const PATH = /FILE|DIR|PATH/

/** Returns the completion of the value of a flag. */
export const completionOfValue = ({ yesOrNo, choices, value }: Flag): Completion => {
  if (choices !== undefined) return { names: choices }
  if (yesOrNo === true) return { names: ['true', 'false'] }
  return PATH.test(value) ? 'files' : 'nothing'
}

/** Returns the completion of the words of a command besides its flags. */
export const completionOfWords = ({ words, positionals }: Command): Completion => {
  if (words !== undefined) return { names: words() }
  return positionals.length === 0 || positionals.includes('ORG/NAME') ? 'nothing' : 'files'
}

/** Flag that every command has, in the form of the flag tables. */
export const helpFlag: Flag = {
  name: 'help',
  value: '',
  yesOrNo: true,
  about: 'explain the flags of the command',
  group: 'Output',
}

/** Text of a flag's meaning that fits one line of a list: up to its first semicolon or colon. */
export const shortMeaning = (about: string): string => about.split(/[;:]/, 1)[0]!.trim()
