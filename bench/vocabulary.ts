/**
 * Statistics of 4096 tokens over the vocabulary of Qwen3 and their gradients, in blocks of the vocabulary and with all
 * logits at once, which takes 15 GB: peak of resident memory, time, and by how much the numbers differ.
 *
 *     npm run bench -- vocabulary [--engine NAME]
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from './bench.js'
import { longVocabulary } from './long-vocabulary.js'

interface Answer {
  /** @units KiB */
  readonly before: number
  readonly peak: number
  readonly seconds: number
  readonly numbers: readonly number[]
}

export const vocabularyBench: Bench = async function* ({ engine = 'onnx' }) {
  const child = fileURLToPath(new URL('./vocabulary-child.js', import.meta.url))
  const answer = async (...block: readonly string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [child, engine, ...block])
    return JSON.parse(stdout) as Answer
  }
  const { tokens, vocabulary, width } = longVocabulary
  const blocks = await answer()
  const whole = await answer(String(vocabulary))
  const row = (name: string, { before, peak, seconds, numbers }: Answer) => {
    const apart = numbers.map((value, i) => Math.abs(value / whole.numbers[i]! - 1))
    return [name, Math.round((peak - before) / 1024), seconds, Math.max(...apart)]
  }
  yield {
    title: `Statistics of ${tokens} tokens over ${vocabulary} of width ${width}, and their gradients`,
    heading: ['logits', 'peak MB', 's', 'relative difference'],
    rows: [row('in blocks', blocks), row('all at once', whole)],
  }
}
