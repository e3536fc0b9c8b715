import type { Command } from '../command.js'
import type { Flag } from '../flag.js'
import { type Completion, completionOfValue, completionOfWords, helpFlag, shortMeaning } from './words.js'

/** Script that makes zsh complete the commands, the flags, and the values of the flags. */
export const zshScript = (commands: readonly Command[]): string => `#compdef entrain
# Completion of entrain for zsh.
_entrain() {
  local -a commands=(
${commands.map(({ name, about }) => `    ${quoted(`${name}:${shortMeaning(about)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands.map(caseOf).join('\n')}
  esac
}
compdef _entrain entrain
`

const caseOf = (command: Command): string => {
  const flags = [...command.flags, helpFlag].map(flagSpec)
  const words = completionOfWords(command)
  const rest = words === 'nothing' ? [] : [quoted(`*:word:${actionOf(words)}`)]
  return `    ${command.name})
      _arguments \\
        ${[...flags, ...rest].join(' \\\n        ')}
      ;;`
}

const flagSpec = (flag: Flag): string => {
  const { name, value, about, yesOrNo, optionalValue } = flag
  const meaning = shortMeaning(about).replaceAll(/[[\]\\]/g, '')
  // Two colons mark a value that may be left out.
  const separator = yesOrNo === true || optionalValue !== undefined ? '::' : ':'
  const action = actionOf(completionOfValue(flag))
  return quoted(value === '' ? `--${name}[${meaning}]` : `--${name}[${meaning}]${separator}value:${action}`)
}

const actionOf = (completion: Completion): string => {
  if (completion === 'nothing') return ' '
  if (completion === 'files') return '_files'
  return `(${completion.names.join(' ')})`
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
