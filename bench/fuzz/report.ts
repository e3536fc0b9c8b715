import { formatMarkdown } from '../format-markdown.js'
import type { FuzzDecoders } from './fuzz-decoder.js'
import { type Fault, faults, type Finding } from './job.js'
import type { PastFinding } from './past-findings.js'
import type { JobResult } from './supervise.js'

/** Result of one decoder. */
export interface DecoderResult extends JobResult {
  readonly decoder: string
  /** Number of mutated inputs. */
  readonly inputs: number
  /** Time of the processes. @units seconds */
  readonly seconds: number
}

const integer = (n: number): string => n.toLocaleString('en-US')

/** Formats the table of results: one row for each decoder, and the sum. */
export const resultTable = (results: readonly DecoderResult[], decoders: FuzzDecoders): string => {
  const sum = (of: (result: DecoderResult) => number) => results.reduce((all, result) => all + of(result), 0)
  const count = (fault: Fault) => (result: JobResult) => result.findings.filter((each) => each.fault === fault).length
  const kinds = Object.keys(faults) as Fault[]
  const slowest = Math.max(0, ...results.map((result) => result.slowest.ms))
  return formatMarkdown([
    ['decoder', 'input', 'inputs', 'accepted', 'refused', ...kinds.map((kind) => faults[kind]), 'slowest, ms'],
    ...results.map((result) => [
      `\`${result.decoder}\``,
      decoders[result.decoder]!.about,
      ...[result.inputs, result.accepted, result.refused].map(integer),
      ...kinds.map((kind) => integer(count(kind)(result))),
      integer(Math.round(result.slowest.ms)),
    ]),
    [
      'all',
      '',
      ...[sum(({ inputs }) => inputs), sum(({ accepted }) => accepted), sum(({ refused }) => refused)].map(integer),
      ...kinds.map((kind) => integer(sum(count(kind)))),
      integer(Math.round(slowest)),
    ],
  ])
}

/** Findings of one kind at one decoder. */
interface Group {
  readonly decoder: string
  readonly first: Finding
  readonly count: number
}

/** Groups findings whose texts differ by numbers only. */
const groups = (results: readonly DecoderResult[]): readonly Group[] => {
  const found = new Map<string, Group>()
  for (const { decoder, findings } of results)
    for (const finding of findings) {
      const key = JSON.stringify([decoder, finding.fault, finding.what.replace(/\d+/g, '0')])
      const before = found.get(key)
      found.set(key, { decoder, first: before?.first ?? finding, count: (before?.count ?? 0) + 1 })
    }
  return [...found.values()]
}

/** Formats the findings, each with the command that makes its input again. */
export const findingLines = (results: readonly DecoderResult[], seed: number): string =>
  groups(results)
    .map(
      ({ decoder, first: { number, fault, what }, count }) =>
        `${decoder}: ${faults[fault]}: ${what} (${count} of the inputs)\n` +
        `  npm run bench -- fuzz --only ${decoder} --seed ${seed} --input ${number}`,
    )
    .join('\n')

/** Rows of the table of past findings, the heading first. */
export const pastRows = (past: readonly PastFinding[]): readonly (readonly string[])[] => {
  const counts = new Map<string, number>()
  for (const { decoder, fault } of past) {
    const row = JSON.stringify([`\`${decoder}\``, fault])
    counts.set(row, (counts.get(row) ?? 0) + 1)
  }
  return [
    ['decoder', 'finding', 'inputs'],
    ...[...counts].map(([row, count]) => [...(JSON.parse(row) as readonly string[]), String(count)]),
  ]
}
