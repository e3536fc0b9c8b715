/**
 * Measures how many files a new estimator, objective, filter, … needs: for each kind it counts the files of the existing
 * members, and reports the member with the fewest. Prints a Markdown table.
 *
 *     node checks/files-to-touch.mjs
 *
 * A file counts if it is the member's own, if it imports the member's file, or if it is a spec, a golden file or a
 * reference script that contains the member's registered name in quotes. Uses of a member by other code (`pipelines`,
 * `cli`, `examples`, `bench`, guides) do not count, because a new member needs none of them.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')
const texts = new Map(
  tracked.filter((file) => /\.(ts|py|json)$/.test(file)).map((file) => [file, readFileSync(file, 'utf8')]),
)

const counted = /^(lib|operators|pipelines|spec|bench\/reference|[a-z]+\.ts$)/

/** Files that import one of the given files. */
const importersOf = (files) => {
  const own = new Set(files.map((file) => file.replace(/\.ts$/, '.js')))
  return [...texts].filter(([file, text]) =>
    [...text.matchAll(/from '(#|\.{1,2}\/)([^']+)'/g)].some(([, start, path]) =>
      own.has(start === '#' ? path : join(dirname(file), start + path)),
    ),
  )
}

/** A registered name in quotes; the file of `raft++` is called `raft-plus-plus`. */
const quoted = (name) => [`'${name}'`, `"${name}"`].map((word) => word.replace('-plus-plus', '++'))

const filesOf = ({ registry, ignored }, name, files) => {
  const importers = importersOf(files).map(([file]) => file)
  const named = [...texts]
    .filter(([file, text]) => /^(spec|bench\/reference)\//.test(file) && quoted(name).some((word) => text.includes(word)))
    .map(([file]) => file)
  const users = (file) => file !== registry && ignored.some((pattern) => pattern.test(file))
  return [...new Set([...files, ...importers, ...named])].filter((file) => counted.test(file) && !users(file)).sort()
}

/** Members of a registry file: the files of its own folder that it imports. */
const membersOf = (registry) =>
  [...texts.get(registry).matchAll(/from '\.\/([^']+)\.js'/g)].map(([, name]) => ({
    name: basename(name) === 'index' ? dirname(name) : basename(name),
    files: [join(dirname(registry), `${name}.ts`)],
  }))

const kinds = [
  { kind: 'estimator', registry: 'lib/advantage/index.ts', ignored: [/^pipelines/] },
  { kind: 'objective', registry: 'lib/objective/index.ts', ignored: [/^pipelines/] },
  { kind: 'filter', registry: 'lib/entropy/filter/index.ts', ignored: [/^pipelines/] },
  { kind: 'controller', registry: 'lib/entropy/controller/index.ts', ignored: [/^pipelines/] },
  { kind: 'algorithm', registry: 'pipelines/algorithms/index.ts', ignored: [] },
  { kind: 'task', registry: 'lib/task/index.ts', ignored: [/^pipelines/] },
]

const isMember = ({ kind }, { files: [file] }) => texts.has(file) && !/(estimator|objective|types)\.ts$/.test(file) && kind

const fewest = (kind) =>
  membersOf(kind.registry)
    .filter((member) => isMember(kind, member))
    .map(({ name, files }) => ({ name, files: filesOf(kind, name, files) }))
    .sort((a, b) => a.files.length - b.files.length)[0]

const table = () =>
  [
    '| new | files | those of | which |',
    '| --- | --- | --- | --- |',
    ...kinds.map((kind) => {
      const { name, files } = fewest(kind)
      return `| ${kind.kind} | ${files.length} | \`${name}\` | ${files.map((file) => `\`${file}\``).join(', ')} |`
    }),
  ].join('\n')

console.log(table())
