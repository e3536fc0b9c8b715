import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { commands } from '#cli/run.js'
import { parseFlags } from '#cli/parse-flags.js'
import { codeBlocksOf, codeSpansOf, pages } from './markdown.js'

/** Flags of `npm run bench -- paper` on the pages. */
const flagsOfThePaperBench = ['--jobs', '--only', '--out', '--smollm2']

/** Returns the words of a shell line, without quotes. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '')

/** Returns what follows `entrain` on each line of a block that runs it, up to a comment or a pipe. */
const commandLinesIn = (block: string): readonly string[] =>
  block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => /(?:^|[|$=]\s*|\s)entrain ((?:(?! {2,}| #| \| ).)*)/.exec(line.trim())?.[1])
    .filter((line) => line !== undefined)

/** Returns the faults of a command line; a mention in a sentence may leave out the words that a command needs. */
const faultsOf = (line: string, isMention: boolean): readonly string[] => {
  const [name = '', ...rest] = wordsOf(line)
  if (name.startsWith('-') || name === 'COMMAND') return []
  const command = commands.find((each) => each.name === name)
  if (command === undefined) return [`${line}: no command ${name}`]
  const parsed = parseFlags(
    command.flags,
    command.positionals,
    rest.filter((word) => word !== '--help'),
  )
  return E.isRight(parsed) ? [] : parsed.left.problems.filter((problem) => !isMention || !problem.endsWith(': missing'))
}

describe.each(pages)('%s', (page) => {
  it('shows command lines that parse', () => {
    const lines = codeBlocksOf(page)
      .filter(({ language }) => language === 'bash' || language === '')
      .flatMap(({ text }) => commandLinesIn(text))
    expect(lines.flatMap((line) => faultsOf(line, false))).toEqual([])
  })

  it('mentions only commands and flags that exist', () => {
    const spans = codeSpansOf(page)
    const mentions = spans.filter((text) => text.startsWith('entrain ')).map((text) => text.replace(/^entrain /, ''))
    expect(mentions.flatMap((line) => faultsOf(line, true))).toEqual([])
    const flags = new Set(commands.flatMap((command) => command.flags.map(({ name }) => `--${name}`)))
    const foreign = [
      '--json',
      '--help',
      '--version',
      '--device',
      '--save',
      '--ignore-scripts',
      '--enable-dawn-features',
      ...flagsOfThePaperBench,
    ]
    const named = spans.filter((text) => /^--[a-z]/.test(text)).map((text) => text.split(/[ =]/)[0]!)
    expect(named.filter((flag) => !flags.has(flag) && !foreign.includes(flag))).toEqual([])
  })
})
