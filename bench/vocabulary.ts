/**
 * Token statistics of 4096 tokens over the vocabulary of Qwen3, and their gradients: in blocks of the vocabulary, and with all
 * logits at once, which takes 15 GB. Prints the peak of resident memory, the time, and how much the numbers differ.
 *
 *     npm run bench -- vocabulary [--engine NAME]
 */
import type { Bench } from './bench.js'
import { runChild } from './child.js'
import { longVocabulary } from './long-vocabulary.js'

const child = new URL('./vocabulary-child.js', import.meta.url)

/** Output of vocabulary-child.ts. */
interface Measurement {
  /** Peak of resident memory before the run. @units KiB */
  readonly before: number
  /** Peak of resident memory after the run. @units KiB */
  readonly peak: number
  readonly seconds: number
  /** Loss, and one number for each gradient. */
  readonly numbers: readonly number[]
}

export const vocabularyBench: Bench = async function* ({ engine = 'onnx' }) {
  const measure = async (...block: readonly string[]) =>
    JSON.parse(await runChild(child, [engine, ...block])) as Measurement
  const { tokens, vocabulary, width } = longVocabulary
  const blocks = await measure()
  const whole = await measure(String(vocabulary))
  const row = (name: string, { before, peak, seconds, numbers }: Measurement) => {
    const differences = numbers.map((value, i) => Math.abs(value / whole.numbers[i]! - 1))
    return [name, Math.round((peak - before) / 1024), seconds, Math.max(...differences)]
  }
  yield {
    title: `Statistics of ${tokens} tokens over ${vocabulary} of width ${width}, and their gradients`,
    heading: ['logits', 'peak MB', 's', 'relative difference'],
    rows: [row('in blocks', blocks), row('all at once', whole)],
  }
}
