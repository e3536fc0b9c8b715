/**
 * Prints ten docstrings, ten help lines and ten error messages, drawn by a seed, and the last ten commit subjects. A
 * reader judges by them whether the project's language is plain. Help lines come from the built command line interface.
 *
 *     npm run build && node checks/sample-language.mjs --seed 1
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import ts from 'typescript'

const COUNT = 10

/**
 * Runs git.
 *
 * @param {...string} words
 * @returns {readonly string[]} lines of its output
 */
const git = (...words) => execFileSync('git', words, { encoding: 'utf8' }).trim().split('\n')

/**
 * Returns a generator of numbers in [0, 1): mulberry32.
 *
 * @param {number} seed
 */
const randomNumbers = (seed) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), state | 1)
    const again = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61))
    return ((again ^ (again >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Draws lines without replacement.
 *
 * @param {readonly string[]} lines
 * @param {() => number} random
 */
const draw = (lines, random) => {
  const left = [...lines]
  return Array.from(
    { length: Math.min(COUNT, left.length) },
    () => left.splice(Math.floor(random() * left.length), 1)[0],
  )
}

/**
 * A text on one line, with its place.
 *
 * @param {ts.SourceFile} file
 * @param {number} position
 * @param {string} text
 */
const at = (file, position, text) =>
  `${file.fileName}:${file.getLineAndCharacterOfPosition(position).line + 1}  ${text.replace(/\s+/g, ' ').trim()}`

/**
 * The docstrings of a file.
 *
 * @param {ts.SourceFile} file
 */
const docstringsOf = (file) =>
  [...file.text.matchAll(/\/\*\*(.*?)\*\//gs)].map(({ index, 1: text = '' }) =>
    at(file, index, text.replace(/^ *\* ?/gm, '')),
  )

/**
 * The messages of the errors that a file makes: the arguments of `new ...Error(...)` that hold text.
 *
 * @param {ts.SourceFile} file
 * @returns {readonly string[]}
 */
const errorMessagesOf = (file) => {
  /** @type {string[]} */
  const messages = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText(file))) {
      const words = (node.arguments ?? []).map((argument) => argument.getText(file))
      if (words.some((each) => /['"`]/.test(each)))
        messages.push(at(file, node.getStart(file), `${node.expression.getText(file)}: ${words.join(' | ')}`))
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return messages
}

/**
 * A command or a flag, with its text in the help.
 *
 * @typedef {{ readonly name: string, readonly about: string }} Described
 */

/**
 * Reads the help lines of every command and flag.
 *
 * @returns {Promise<readonly string[]>}
 */
const helpLines = async () => {
  const built = new URL('../dist/cli/run.js', import.meta.url).href
  /** @type {unknown} */
  const module = await import(built)
  const { commands } = /** @type {{ commands: readonly (Described & { readonly flags: readonly Described[] })[] }} */ (
    module
  )
  return commands.flatMap(({ name, about, flags }) => [
    `entrain ${name}  ${about}`,
    ...flags.map((flag) => `entrain ${name} --${flag.name}  ${flag.about}`),
  ])
}

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } })
const random = randomNumbers(Number(values.seed))
const files = git('ls-files', '*.ts')
  .filter((path) => !path.startsWith('spec/'))
  .map((path) => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest))
const samples = {
  Docstrings: draw(files.flatMap(docstringsOf), random),
  'Help lines': draw(await helpLines(), random),
  'Error messages': draw(files.flatMap(errorMessagesOf), random),
  Commits: git('log', '--no-merges', `-${COUNT}`, '--format=%s'),
}
for (const [title, lines] of Object.entries(samples)) console.log(`${title}\n\n${lines.join('\n')}\n`)
