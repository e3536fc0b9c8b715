import { readFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { type Algorithm, algorithms, filters, type OptionName } from '#algorithms.js'
import { agreementOf, comparePairs, partsOf } from '#bench/math-verify.js'
import { readPastFindings } from '#bench/fuzz/past-findings.js'
import { pastRows } from '#bench/fuzz/report.js'
import { claims } from '#bench/paper/claims.js'
import type { JudgedClaim } from '#bench/paper/report.js'
import { commands } from '#cli/run.js'
import { layouts, promptTemplates, tasks } from '#rewards.js'

type Row = readonly string[]

const code = (text: string): string => `\`${text}\``

const abouts = (registry: Readonly<Record<string, { readonly about: string }>>): readonly Row[] =>
  Object.entries(registry).map(([name, { about }]) => [code(name), about])

const flagOf = (option: string): string => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const meaningOf = (flag: string): string =>
  commands.find(({ name }) => name === 'train')?.flags.find(({ name }) => name === flag)?.about ?? ''

/** Returns the default of an option. If algorithms differ, the most frequent default comes first, then the others with the names of their algorithms. */
const defaultsOf = (option: string): string => {
  const names = new Map<string, string[]>()
  for (const [name, { defaults }] of Object.entries<Algorithm>(algorithms)) {
    if (!(option in defaults)) continue
    const value = String(defaults[option as OptionName] ?? 'none')
    names.set(value, [...(names.get(value) ?? []), name])
  }
  return [...names]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([value, who], i) => (i === 0 ? value : `${value} (${who.map(code).join(', ')})`))
    .join('; ')
}

const optionRows = (names: readonly string[]): readonly Row[] =>
  names.map((name) => [code(name), code(`--${flagOf(name)}`), meaningOf(flagOf(name)), defaultsOf(name)])

const options = [...new Set(Object.values(algorithms).flatMap(({ defaults }) => Object.keys(defaults)))]

const isCommon = (option: string): boolean => Object.values(algorithms).every(({ defaults }) => option in defaults)

const optionHead: Row = ['option', 'flag', 'meaning', 'default']

/** Verdicts of the study, as `npm run bench -- paper --report` writes them. */
const verdicts = JSON.parse(await readFile('docs/paper/verdicts.json', 'utf8')) as readonly JudgedClaim[]

const agreement = partsOf(await comparePairs())

/** Tables made from the registries, by the name of their place on a page. */
const tables: Readonly<Record<string, readonly Row[]>> = {
  algorithms: [
    ['algorithm', 'what it is', 'paper'],
    ...Object.entries(algorithms).map(([name, { about, paper }]) => [code(name), about, paper]),
  ],
  'common options': [optionHead, ...optionRows(options.filter((name) => isCommon(name)))],
  'own options': [optionHead, ...optionRows(options.filter((name) => !isCommon(name)))],
  filters: [['filter', 'meaning'], ...abouts(filters)],
  layouts: [
    ['layout', 'a row is', 'fields'],
    ...Object.entries(layouts).map(([name, { about, fields }]) => [code(name), about, fields]),
  ],
  'math agreement': [
    ['kind', 'pairs', 'agree', 'here', 'math-verify', 'wrong answers paid here', 'paid by math-verify'],
    ...agreement.map(([kind, pairs]) => [
      kind,
      ...agreementOf(pairs).map((figure) => String(Math.round(10 * figure) / 10)),
    ]),
  ],
  tasks: [
    ['task', 'goal', 'longest answer', 'reward'],
    ...Object.entries(tasks).map(([name, { about, create }]) => {
      const { maxTokens, rewardScale } = create()
      return [code(name), about, `${maxTokens} tokens`, rewardScale === 'signed' ? '1 or -1' : '1 or 0']
    }),
  ],
  claims: [
    ['id', 'claim', 'source', 'statistic that decides', 'holds if', 'verdict'],
    ...claims.map(({ id, claim, source, statistic, holdsIf }) => [
      id,
      claim,
      source,
      statistic,
      holdsIf,
      verdicts.find((verdict) => verdict.id === id)?.outcome ?? '',
    ]),
  ],
  'past findings': pastRows(await readPastFindings()),
  templates: [['template', 'the prompt'], ...abouts(promptTemplates)],
}

const cell = (text: string): string => ` ${text.replaceAll('|', '\\|')} `

const markdownOf = ([head = [], ...rows]: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `|${row.map(cell).join('|')}|`).join('\n')

/** Returns a page with each of its tables between `<!-- NAME -->` and `<!-- /NAME -->` rewritten. */
export const withTables = async (page: string): Promise<string> => {
  const text = (await readFile(page, 'utf8')).replace(
    /<!-- (?<name>[\w ]+) -->\n[\s\S]*?<!-- \/\k<name> -->/g,
    (_, name: string) => `<!-- ${name} -->\n\n${markdownOf(tables[name] ?? [])}\n\n<!-- /${name} -->`,
  )
  return format(text, { ...(await resolveConfig(page)), filepath: page })
}
