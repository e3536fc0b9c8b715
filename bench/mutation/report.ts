// Prints the scores of mutation testing, and the changes that survived.
//
//     node dist/bench/mutation/report.js FILE.json...
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import * as t from 'io-ts'
import { parseJson } from '../../lib/file/parse-json.js'
import { rightOrThrow } from '../../lib/or-throw.js'
import { formatMarkdown } from '../format-markdown.js'

/** Place in a file. Lines and columns count from 1. */
const PlaceCodec = t.type({ line: t.number, column: t.number })

const ChangeCodec = t.intersection([
  t.type({ status: t.string, location: t.type({ start: PlaceCodec, end: PlaceCodec }) }),
  t.partial({ replacement: t.string }),
])

/** Part of a report of Stryker, in the schema of mutation-testing-elements. */
const ReportCodec = t.type(
  { files: t.record(t.string, t.type({ source: t.string, mutants: t.array(ChangeCodec) })) },
  'Report',
)

const noticed = ['Killed', 'Timeout']
const missed = ['Survived', 'NoCoverage']

const rooms = process.argv.slice(2).map((path) => {
  const { files } = rightOrThrow(parseJson(path, readFileSync(path, 'utf8'), ReportCodec))
  const changes = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((change) => ({ ...change, file, original: textAt(source, change.location) })),
  )
  return {
    room: basename(path, '.json'),
    noticed: changes.filter(({ status }) => noticed.includes(status)),
    missed: changes.filter(({ status }) => missed.includes(status)),
  }
})

/** Returns the text of a file between two places. */
function textAt(source: string, { start, end }: t.TypeOf<typeof ChangeCodec>['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const last = lines.length - 1
  return lines
    .map((line, i) => line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined))
    .join(' ')
}

const shortText = (text: string) => text.replace(/\s+/g, ' ').slice(0, 80)

const scores = rooms.map(({ room, noticed: { length: seen }, missed: { length: survived } }) => [
  room,
  `${seen + survived}`,
  `${survived}`,
  `${((100 * seen) / (seen + survived)).toFixed(1)}%`,
])
console.log(formatMarkdown([['room', 'changes', 'survived', 'score'], ...scores]))
for (const { file, location, status, original, replacement = '' } of rooms.flatMap((room) => room.missed))
  console.log(`${file}:${location.start.line}  ${status}  ${shortText(original)}  ->  ${shortText(replacement)}`)
