/**
 * The math verifier beside math-verify (Python): on pairs written by hand over every kind of answer, and on pairs made
 * from GSM8K. What math-verify says was written down by bench/reference/math_answers.py.
 *
 *     npm run bench -- math-verify
 */
import { readFile } from 'node:fs/promises'
import { from, lastValueFrom } from 'rxjs'
import { mathVerifier } from '../lib/reward/math/verifier.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Bench, Table } from './bench.js'
import { median } from './measure.js'

interface Pair {
  readonly kind?: string
  readonly gold: string
  readonly answer: string
  /** What the one who wrote it says. */
  readonly same: boolean
}

export interface Compared extends Pair {
  readonly kind: string
  readonly ours: boolean
  readonly theirs: boolean
  readonly milliseconds: number
}

/** Every pair, judged here and by math-verify. */
export const comparedPairs = async (): Promise<readonly Compared[]> => {
  const said = (await golden('math-verify')) as Readonly<Record<string, readonly boolean[]>>
  const compared: Compared[] = []
  for (const name of ['math-pairs', 'gsm8k-pairs']) {
    const pairs = (await golden(name)) as readonly Pair[]
    for (const [i, pair] of pairs.entries()) {
      const start = performance.now()
      const ours = await isRight(pair)
      compared.push({ kind: 'GSM8K', ...pair, ours, theirs: said[name]![i]!, milliseconds: performance.now() - start })
    }
  }
  return compared
}

const golden = async (name: string): Promise<unknown> => JSON.parse(await readFile(`spec/golden/${name}.json`, 'utf8'))

const verifier = mathVerifier()

const isRight = async ({ gold, answer }: Pair): Promise<boolean> => {
  const completion: Completion = {
    tokens: new Int32Array(0),
    logprobs_T: new Float32Array(0),
    text: answer,
    finish: 'stop',
    version: 0,
  }
  const prompt = { id: 'pair', text: '', tokens: [], reference: gold }
  const { correct } = await lastValueFrom(from(verifier(prompt, completion)))
  return correct
}

export const mathVerifyBench: Bench = async function* () {
  const compared = await comparedPairs()
  const kinds = [...new Set(compared.map(({ kind }) => kind))]
  const parts = [...kinds.map((kind) => [kind, compared.filter((pair) => pair.kind === kind)] as const)]
  const written = compared.filter(({ kind }) => kind !== 'GSM8K')
  yield agreement([...parts, ['all written by hand', written], ['all', compared]])
  yield {
    title: 'Where they disagree',
    heading: ['kind', 'reference', 'answer', 'here', 'math-verify', 'as written'],
    rows: compared
      .filter(({ ours, theirs }) => ours !== theirs)
      .map(({ kind, gold, answer, ours, theirs, same }) => [
        kind,
        lastLine(gold),
        answer,
        yes(ours),
        yes(theirs),
        yes(same),
      ]),
  }
}

const agreement = (parts: readonly (readonly [string, readonly Compared[]])[]): Table => ({
  title: 'Agreement with math-verify, and of each with what the pair was written as; per cent',
  heading: ['kind', 'pairs', 'agree', 'here', 'math-verify', 'median ms'],
  rows: parts.map(([kind, pairs]) => {
    const share = (holds: (pair: Compared) => boolean) => (100 * pairs.filter(holds).length) / pairs.length
    return [
      kind,
      pairs.length,
      share(({ ours, theirs }) => ours === theirs),
      share(({ ours, same }) => ours === same),
      share(({ theirs, same }) => theirs === same),
      median(pairs.map(({ milliseconds }) => milliseconds)),
    ]
  }),
})

const lastLine = (text: string): string => text.split('\n').at(-1)!

const yes = (same: boolean): string => (same ? 'same' : 'not')
