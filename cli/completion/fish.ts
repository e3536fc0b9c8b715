import type { Command } from '../command.js'
import type { Flag } from '../flag.js'
import { type Completion, completionOfValue, completionOfWords, helpFlag, shortMeaning } from './words.js'

/** Script that makes fish complete the commands, the flags, and the values of the flags. */
export const fishScript = (commands: readonly Command[]): string => `# Completion of entrain for fish.
complete -c entrain -f
${commands.map(({ name, about }) => `complete -c entrain -n __fish_use_subcommand -a ${name} -d ${quoted(shortMeaning(about))}`).join('\n')}
${commands.flatMap(linesOf).join('\n')}
`

const linesOf = (command: Command): readonly string[] => {
  const start = `complete -c entrain -n '__fish_seen_subcommand_from ${command.name}'`
  const words = wordsOf(completionOfWords(command))
  return [
    ...[...command.flags, helpFlag].map(
      (flag) => `${start} -l ${flag.name} -d ${quoted(shortMeaning(flag.about))}${valueOf(flag)}`,
    ),
    ...(words === '' ? [] : [`${start}${words}`]),
  ]
}

/** A value that may be left out has no mark in fish, so that the next word is completed too. */
const valueOf = (flag: Flag): string => {
  if (flag.yesOrNo === true || flag.optionalValue !== undefined) return ''
  const words = wordsOf(completionOfValue(flag))
  return ` -x${words.replace(' -F', ' -a "(__fish_complete_path)"')}`
}

const wordsOf = (completion: Completion): string => {
  if (completion === 'nothing') return ''
  return completion === 'files' ? ' -F' : ` -a ${quoted(completion.names.join(' '))}`
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
