/**
 * Peak of resident memory of a process that makes two updates of model L: by the number of micro-batches of 4 sequences, and
 * by the number of sequences in one micro-batch, without and with gradient checkpointing.
 *
 *     npm run bench -- memory [--engine NAME]
 *
 * Each row is a process of its own.
 */
import type { Bench } from './bench.js'
import { runChild } from './child.js'

const child = new URL('./memory-child.js', import.meta.url)

/** Sequences in a micro-batch. */
const MICRO = 4

export const memoryBench: Bench = async function* ({ engine = 'onnx' }) {
  const idle = (await measurePeak(engine, 0, MICRO)).peak
  const row = async (sequences: number, micro: number, checkpointing: Checkpointing = '') => {
    const { peak, seconds } = await measurePeak(engine, sequences, micro, checkpointing)
    return [sequences, sequences / micro, peak, peak - idle, seconds]
  }
  const heading = ['sequences', 'micro-batches', 'peak MB', 'beyond the model MB', 's']
  const flat = []
  for (const count of [1, 2, 4, 8]) flat.push(await row(count * MICRO, MICRO))
  yield { title: `An update in micro-batches of ${MICRO} x 128 tokens (model alone: ${idle} MB)`, heading, rows: flat }
  for (const [title, checkpointing] of [
    ['An update in one micro-batch', ''],
    ['An update in one micro-batch, with gradient checkpointing', 'checkpointing'],
  ] as const) {
    const rows = []
    for (const sequences of [2, 4, 8, 16]) rows.push(await row(sequences, sequences, checkpointing))
    yield { title, heading, rows }
  }
}

type Checkpointing = '' | 'checkpointing'

/** Returns the peak of resident memory in MB, and the seconds of the second update. */
const measurePeak = async (engine: string, sequences: number, micro: number, checkpointing: Checkpointing = '') => {
  const row = [engine, String(sequences), String(micro), checkpointing]
  const result = await runChild(child, row)
  const { peak, seconds } = JSON.parse(result) as { readonly peak: number; readonly seconds: number }
  return { peak: Math.round(peak / 1024), seconds }
}
