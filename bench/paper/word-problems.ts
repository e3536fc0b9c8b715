import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow } from '../../lib/or-throw.js'
import { keyedUniform } from '../../lib/random/uniform.js'

/** Number of word problems. A tenth of them is held out for evaluations. */
const COUNT = 4000
const KEY = 135

const names = ['Ana', 'Ben', 'Chen', 'Dora', 'Emil', 'Fatima', 'Goran', 'Hana', 'Ivan', 'Julia']
const things = ['apples', 'books', 'coins', 'eggs', 'flowers', 'marbles', 'pencils', 'shells', 'stamps', 'tickets']

/** Word problem of one step and its answer. */
interface WordProblem {
  readonly question: string
  readonly answer: string
}

type Draw = (from: number, to: number) => number

const kinds: readonly ((name: string, thing: string, draw: Draw) => readonly [text: string, answer: number])[] = [
  (name, thing, draw) => {
    const [a, b] = [draw(2, 20), draw(2, 20)]
    return [`${name} has ${a} ${thing} and gets ${b} more. How many ${thing} does ${name} have now?`, a + b]
  },
  (name, thing, draw) => {
    const a = draw(5, 30)
    const b = draw(2, a - 1)
    return [`${name} has ${a} ${thing} and gives away ${b}. How many ${thing} are left?`, a - b]
  },
  (name, thing, draw) => {
    const [a, b] = [draw(2, 9), draw(2, 9)]
    return [`${name} fills ${a} bags with ${b} ${thing} each. How many ${thing} are in the bags?`, a * b]
  },
  (name, thing, draw) => {
    const [a, b] = [draw(2, 9), draw(2, 9)]
    return [`${name} shares ${a * b} ${thing} equally among ${a} friends. How many ${thing} does each friend get?`, b]
  },
]

/** Returns the n-th word problem. */
export const wordProblem = (n: number): WordProblem => {
  const uniform = keyedUniform(KEY, n)
  let drawn = 0
  const draw: Draw = (from, to) => from + Math.floor(uniform(drawn++) * (to - from + 1))
  const pick = <A>(values: readonly A[]): A => values[draw(0, values.length - 1)]!
  const [question, answer] = pick(kinds)(pick(names), pick(things), draw)
  return { question: `${question} Answer with a number.`, answer: String(answer) }
}

/** Writes the word problems as a data file of task `math` into a folder, and returns its path. @errors FileError */
export const writeWordProblems = async (folder: string): Promise<string> => {
  const file = join(folder, 'word-problems.jsonl')
  const lines = Array.from({ length: COUNT }, (_, n) => `${JSON.stringify(wordProblem(n))}\n`)
  await mkdir(folder, { recursive: true })
  await orThrow(writeWhole(file, lines.join('')))
  return file
}
