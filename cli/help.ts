import { valueAt, type Settings } from './config/layer.js'
import { isMapping } from './config/strict-record.js'
import type { Flag } from './flag.js'

/** Description of a command in the help. */
export interface CommandDescription {
  readonly name: string
  readonly about: string
  /** Arguments on the usage line, after the name. */
  readonly usage: string
  /** Paragraphs after the usage line. */
  readonly details: readonly string[]
  readonly flags: readonly (Flag & { readonly path?: readonly string[] })[]
  readonly defaults: Settings
  /** Command lines and their effects. */
  readonly examples: readonly (readonly [command: string, effect: string])[]
}

export const commandHelp = (command: CommandDescription): string => {
  const headings = [...new Set(command.flags.map(({ group }) => group))]
  const flags = headings.map((heading) => {
    const rows = command.flags.filter(({ group }) => group === heading).map((flag) => flagRow(flag, command.defaults))
    return `${heading}:\n${columns(rows)}`
  })
  return paragraphs(
    `entrain ${command.name}: ${command.about}`,
    `Usage: entrain ${command.name} ${command.usage}`,
    ...command.details,
    ...flags,
    `Examples:\n${columns(command.examples)}`,
  )
}

export const programHelp = (commands: readonly CommandDescription[], version: string): string =>
  paragraphs(
    `entrain ${version}: reinforcement learning for language models, with entropy on a schedule`,
    'Usage: entrain COMMAND [flags]',
    `Commands:\n${columns(commands.map(({ name, about }) => [name, about]))}`,
    'entrain help COMMAND explains the flags of a command and shows examples. entrain --version prints the version.',
  )

const paragraphs = (...parts: readonly string[]): string => `${parts.join('\n\n')}\n`

const flagRow = ({ name, value, about, path }: CommandDescription['flags'][number], defaults: Settings) => {
  const preset = path === undefined ? undefined : presetOf(valueAt(defaults, path))
  return [`--${name} ${value}`, preset === undefined ? about : `${about} [${preset}]`] as const
}

/** Formats the default of a flag; undefined if the parts of its value have flags of their own. */
const presetOf = (preset: unknown): string | undefined => {
  if (preset === undefined) return undefined
  if (preset === null) return 'none'
  const parts = isMapping(preset) ? Object.values(preset) : [preset]
  const text = parts.some(isMapping) ? '' : parts.join(',')
  return text === '' ? undefined : text
}

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
