/**
 * Peak resident memory of a process that makes two updates of model L: by the number of micro-batches, each of 4
 * sequences; and in one micro-batch, by its sequences.
 *
 *     npm run bench -- memory [--engine NAME]
 *
 * Every row is a process of its own: a peak, once reached, stays.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from './bench.js'

const MICRO = 4

export const memoryBench: Bench = async function* ({ engine = 'onnx' }) {
  const idle = await peakOf(engine, 0, MICRO)
  const row = async (sequences: number, micro: number) => {
    const peak = await peakOf(engine, sequences, micro)
    return [sequences, sequences / micro, peak, peak - idle]
  }
  const heading = ['sequences', 'micro-batches', 'peak MB', 'beyond the model MB']
  const flat = []
  for (const count of [1, 2, 4, 8]) flat.push(await row(count * MICRO, MICRO))
  yield { title: `An update in micro-batches of ${MICRO} x 128 tokens (model alone: ${idle} MB)`, heading, rows: flat }
  const grown = []
  for (const sequences of [2, 4, 8, 16]) grown.push(await row(sequences, sequences))
  yield { title: 'An update in one micro-batch', heading, rows: grown }
}

/** @units MB */
const peakOf = async (engine: string, sequences: number, micro: number): Promise<number> => {
  const child = fileURLToPath(new URL('./memory-child.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child, engine, String(sequences), String(micro)])
  return Math.round(Number(stdout) / 1024)
}
