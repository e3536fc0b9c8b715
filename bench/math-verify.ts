/**
 * The math verifier beside math-verify (Python), on hand-written pairs of every kind of answer and on pairs from GSM8K. The
 * results of math-verify come from bench/reference/math_answers.py.
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
  /** Whether the author of the pair calls the answers equal. */
  readonly same: boolean
}

export interface ComparedPair extends Pair {
  /** Name of the file of the pair. */
  readonly set: string
  readonly kind: string
  readonly ours: boolean
  readonly theirs: boolean
  readonly milliseconds: number
}

/** Compares every pair with both verifiers. */
export const comparePairs = async (): Promise<readonly ComparedPair[]> => {
  const results = (await readGolden('math-verify')) as Readonly<Record<string, readonly boolean[]>>
  const compared: ComparedPair[] = []
  for (const name of ['math-pairs', 'gsm8k-pairs', 'math-fresh-pairs']) {
    const pairs = (await readGolden(name)) as readonly Pair[]
    for (const [i, pair] of pairs.entries()) {
      const start = performance.now()
      const ours = await isCorrect(pair)
      compared.push({
        set: name,
        kind: 'GSM8K',
        ...pair,
        ours,
        theirs: results[name]![i]!,
        milliseconds: performance.now() - start,
      })
    }
  }
  return compared
}

const readGolden = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(`spec/golden/${name}.json`, 'utf8'))

const verifier = mathVerifier()

const isCorrect = async ({ gold, answer }: Pair): Promise<boolean> => {
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
  const compared = await comparePairs()
  yield agreementTable(partsOf(compared))
  yield {
    title: 'Pairs on which the verifiers disagree',
    heading: ['kind', 'reference', 'answer', 'here', 'math-verify', 'as written'],
    rows: compared
      .filter(({ ours, theirs }) => ours !== theirs)
      .map(({ kind, gold, answer, ours, theirs, same }) => [
        kind,
        lastLine(gold),
        answer,
        verdictText(ours),
        verdictText(theirs),
        verdictText(same),
      ]),
  }
}

/** Groups the pairs by set and kind. Kinds of the fresh pairs are marked, and totals follow each set. */
export const partsOf = (
  compared: readonly ComparedPair[],
): readonly (readonly [name: string, pairs: readonly ComparedPair[]])[] => {
  const kindsOf = (set: string, title: string, total: string) => {
    const pairs = compared.filter((pair) => pair.set === set)
    const kinds = [...new Set(pairs.map(({ kind }) => kind))]
    const parts = kinds.map((kind) => [`${title}${kind}`, pairs.filter((pair) => pair.kind === kind)] as const)
    return kinds.length === 1 ? parts : [...parts, [total, pairs] as const]
  }
  return [
    ...kindsOf('math-pairs', '', 'all written by hand'),
    ...kindsOf('gsm8k-pairs', '', ''),
    ...kindsOf('math-fresh-pairs', 'fresh: ', 'all fresh'),
    ['all', compared],
  ]
}

const agreementTable = (parts: readonly (readonly [string, readonly ComparedPair[]])[]): Table => ({
  title:
    'Agreement of the verifiers with each other, and of each with the author of the pair, in per cent; wrong answers paid',
  heading: ['kind', 'pairs', 'agree', 'here', 'math-verify', 'paid here', 'paid by math-verify', 'median ms'],
  rows: parts.map(([kind, pairs]) => {
    return [kind, ...agreementOf(pairs), median(pairs.map(({ milliseconds }) => milliseconds))]
  }),
})

/** Number of pairs; agreement in per cent; wrong answers that each verifier accepts. */
export const agreementOf = (pairs: readonly ComparedPair[]): readonly number[] => {
  const count = (holds: (pair: ComparedPair) => boolean) => pairs.filter(holds).length
  const share = (holds: (pair: ComparedPair) => boolean) => (100 * count(holds)) / pairs.length
  return [
    pairs.length,
    share(({ ours, theirs }) => ours === theirs),
    share(({ ours, same }) => ours === same),
    share(({ theirs, same }) => theirs === same),
    count(({ ours, same }) => ours && !same),
    count(({ theirs, same }) => theirs && !same),
  ]
}

const lastLine = (text: string): string => text.split('\n').at(-1)!

const verdictText = (same: boolean): string => (same ? 'same' : 'not')
