/**
 * Measures how many files a new estimator, objective, filter, … needs: for each kind it counts the files of the existing
 * members, and reports the member with the fewest. Prints a Markdown table.
 *
 *     node checks/files-to-touch.mjs
 *
 * A file counts if it is the member's own, if it imports the member's file, or if it is a spec or a reference script that
 * contains the member's registered name in quotes. Golden files do not count, because the reference scripts write them. Uses of a member by other code (`pipelines`,
 * `cli`, `examples`, `bench`, guides) do not count, because a new member needs none of them.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} registry file that imports every member
 * @property {RegExp} members files of the members
 * @property {RegExp} [users] files that use members and need no change for a new one
 */

/** @type {readonly Kind[]} */
const kinds = [
  { name: 'estimator', registry: 'lib/advantage/index.ts', members: /^lib\/advantage\//, users: /^pipelines/ },
  { name: 'objective', registry: 'lib/objective/index.ts', members: /^lib\/objective\//, users: /^pipelines/ },
  { name: 'filter', registry: 'lib/entropy/filter/index.ts', members: /^lib\/entropy\/filter\//, users: /pipelines/ },
  { name: 'controller', registry: 'lib/entropy/controller/index.ts', members: /controller\//, users: /^pipelines/ },
  { name: 'algorithm', registry: 'pipelines/algorithms/index.ts', members: /^pipelines\/algorithms\// },
  { name: 'operator', registry: 'index.ts', members: /^operators\//, users: /^pipelines/ },
  {
    name: 'task',
    registry: 'lib/task/index.ts',
    members: /^lib\/task\/.*\/index\.ts/,
    users: /pipelines|spec\/(?!lib\/task)/,
  },
]

/** Types, helpers and registries in the folders of the members. */
const helpers =
  /\/(estimator|objective|whitened|zero-variance|loss|minibatch|covariance|ratio|admit|predicted-change)\.ts$/

const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')
const texts = new Map(
  tracked.filter((file) => /\.(ts|py|json)$/.test(file)).map((file) => [file, readFileSync(file, 'utf8')]),
)
const counted = /^(lib|operators|pipelines|bench\/reference)\/|^spec\/(?!golden\/)|^[a-z]+\.ts$/
const held = /^(spec|bench\/reference)\//

/**
 * Files that a file imports or re-exports, relative to the root.
 *
 * @param {string} file
 */
const importsOf = (file) =>
  [...(texts.get(file) ?? '').matchAll(/from '(#|\.{1,2}\/)([^']+)\.js'/g)].map(([, start = '', path = '']) =>
    start === '#' ? `${path}.ts` : join(dirname(file), `${start}${path}.ts`),
  )

/**
 * A registered name in quotes; the file of `raft++` is called `raft-plus-plus`.
 *
 * @param {string} file
 */
const quotedName = (file) => {
  const folder = basename(file) === 'index.ts'
  const name = basename(folder ? dirname(file) : file, '.ts').replace('-plus-plus', '++')
  return [`'${name}'`, `"${name}"`]
}

/**
 * @param {Kind} kind
 * @param {string} member
 */
const filesOf = ({ registry, users }, member) =>
  [...texts]
    .filter(([file]) => counted.test(file) && (file === registry || users === undefined || !users.test(file)))
    .filter(
      ([file, text]) =>
        file === member ||
        importsOf(file).includes(member) ||
        (held.test(file) && quotedName(member).some((name) => text.includes(name))),
    )
    .map(([file]) => file)
    .sort()

/** @param {Kind} kind */
const fewest = (kind) =>
  importsOf(kind.registry)
    .filter((file) => kind.members.test(file) && file !== kind.registry && !helpers.test(file))
    .map((member) => ({ member, files: filesOf(kind, member) }))
    .sort((a, b) => a.files.length - b.files.length)[0]

/** Files of the engine that runs on ONNX Runtime: its folder, the rows for it, the rule for its library, its specs. */
const engineFiles = () => {
  const folder = 'lib/compute/engine/onnx/'
  const uses = (/** @type {string} */ text) => /['"/]onnx\/|'onnx'|engine\/onnx\//.test(text)
  const rows = [...texts]
    .filter(([file, text]) => /^lib\/compute\/engine\/(?!onnx\/)/.test(file) && uses(text))
    .map(([file]) => file)
  return [folder, ...rows, '.dependency-cruiser.cjs', 'spec/lib/compute/engine/onnx/', 'docs/engines.md']
}

console.log('| new | files | counted for | which |\n| --- | --- | --- | --- |')
for (const kind of kinds) {
  const found = fewest(kind)
  if (found === undefined) throw new Error(`${kind.registry}: found no ${kind.name}, expected at least one`)
  const files = found.files.map((file) => `\`${file}\``).join(', ')
  console.log(`| ${kind.name} | ${found.files.length} | \`${basename(found.member)}\` | ${files} |`)
}
const engine = engineFiles()
console.log(`| engine | ${engine.length} | \`onnx\` | ${engine.map((file) => `\`${file}\``).join(', ')} |`)
