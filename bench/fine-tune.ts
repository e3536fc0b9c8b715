/**
 * Time of a fine-tuning step of a model with the shape of SmolLM2-135M, and its peak of resident memory: for all weights and
 * for adapters, without and with gradient checkpointing.
 *
 *     npm run bench -- fine-tune [--engine NAME]
 *
 * The weights are random, because time and memory do not depend on them. Each row is a process of its own.
 */
import type { Bench } from './bench.js'
import { runChild } from './child.js'
import { type FineTuneResult, trainedParts } from './fine-tune-job.js'
import { SMOLLM2 } from './models.js'

const child = new URL('./fine-tune-child.js', import.meta.url)

export const fineTuneBench: Bench = async function* ({ engine = 'onnx' }) {
  const rows = []
  for (const part of trainedParts)
    for (const checkpointing of ['no', 'yes']) {
      const result = await runChild(child, [engine, part, checkpointing])
      const { trained, loaded, peak, seconds } = JSON.parse(result) as FineTuneResult
      rows.push([part, trained, checkpointing, seconds, Math.round(loaded / 1024), Math.round(peak / 1024)])
    }
  const { name, rows: sequences, length } = SMOLLM2
  yield {
    title: `A step on ${sequences} sequences of ${length} tokens, ${name}`,
    heading: ['trained', 'weights trained', 'checkpointing', 's', 'peak MB loading', 'peak MB'],
    rows,
  }
}
