import { valueAt, type Settings } from './config/layer.js'
import { isMapping } from './config/strict-record.js'
import type { Flag } from './flag.js'

/** What the help says of a command. */
export interface Described {
  readonly name: string
  readonly about: string
  /** What follows the name on its usage line. */
  readonly usage: string
  /** Paragraphs after the usage line. */
  readonly details: readonly string[]
  readonly flags: readonly (Flag & { readonly path?: readonly string[] })[]
  readonly defaults: Settings
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[]
}

export const commandHelp = (command: Described): string => {
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

export const programHelp = (commands: readonly Described[], version: string): string =>
  paragraphs(
    `entrain ${version}: reinforcement learning for language models, with entropy on a schedule`,
    'Usage: entrain COMMAND [flags]',
    `Commands:\n${columns(commands.map(({ name, about }) => [name, about]))}`,
    'entrain COMMAND --help explains its flags and shows examples; entrain --version prints the version.',
  )

const paragraphs = (...parts: readonly string[]): string => `${parts.join('\n\n')}\n`

const flagRow = ({ name, value, about, path }: Described['flags'][number], defaults: Settings) => {
  const preset = path === undefined ? undefined : presetOf(valueAt(defaults, path))
  return [`--${name} ${value}`, preset === undefined ? about : `${about} [${preset}]`] as const
}

/** What a flag stands at; nothing where its fields have flags of their own. */
const presetOf = (preset: unknown): string | undefined => {
  if (preset === undefined) return undefined
  if (preset === null) return 'none'
  const parts = isMapping(preset) ? Object.values(preset) : [preset]
  return parts.length === 0 || parts.some(isMapping) ? undefined : parts.join(',')
}

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
