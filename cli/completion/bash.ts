import type { Command } from '../command.js'
import type { Flag } from '../flag.js'
import { type Completion, completionOfValue, completionOfWords, helpFlag } from './words.js'

/** Script that makes bash complete the commands, the flags, and the values of the flags. */
export const bashScript = (commands: readonly Command[]): string => `# Completion of entrain for bash.
_entrain() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map(caseOf).join('\n')}
  esac
}
complete -o filenames -F _entrain entrain
`

const caseOf = (command: Command): string => {
  const flags = [...command.flags, helpFlag]
  const values = flags.filter(({ yesOrNo, optionalValue }) => yesOrNo !== true && optionalValue === undefined)
  return `    ${command.name})
      case "$before" in
${valueCases(values)}
      esac
      case "$word" in
        -*) COMPREPLY=($(compgen -W "${flags.map(({ name }) => `--${name}`).join(' ')}" -- "$word")) ;;
        *) ${replyOf(completionOfWords(command))} ;;
      esac
      ;;`
}

/** Cases of the flags before the word, those with the same completion together. */
const valueCases = (flags: readonly Flag[]): string => {
  const byReply = new Map<string, string[]>()
  for (const flag of flags) {
    const reply = replyOf(completionOfValue(flag))
    byReply.set(reply, [...(byReply.get(reply) ?? []), `--${flag.name}`])
  }
  return [...byReply].map(([reply, names]) => `        ${names.join('|')}) ${reply}; return ;;`).join('\n')
}

const replyOf = (completion: Completion): string => {
  if (completion === 'nothing') return ':'
  if (completion === 'files') return 'COMPREPLY=($(compgen -f -- "$word"))'
  return `COMPREPLY=($(compgen -W "${completion.names.join(' ')}" -- "$word"))`
}
