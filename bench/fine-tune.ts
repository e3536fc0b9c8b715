/**
 * A step of fine-tuning a model of the sizes of SmolLM2-135M, all weights or adapters: its time, and the peak of resident
 * memory, without and with gradient checkpointing.
 *
 *     npm run bench -- fine-tune [--engine NAME]
 *
 * Weights are drawn, since neither depends on what they are. Every row is a process of its own: a peak, once reached, stays.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from './bench.js'
import type { FineTuned } from './fine-tune-child.js'
import { SMOLLM2 } from './models.js'

export const trainedParts = ['all weights', 'adapters'] as const

export const fineTuneBench: Bench = async function* ({ engine = 'onnx' }) {
  const child = fileURLToPath(new URL('./fine-tune-child.js', import.meta.url))
  const rows = []
  for (const part of trainedParts)
    for (const checkpointing of ['no', 'yes']) {
      const { stdout } = await promisify(execFile)(process.execPath, [child, engine, part, checkpointing])
      const { trained, loaded, peak, seconds } = JSON.parse(stdout) as FineTuned
      rows.push([part, trained, checkpointing, seconds, Math.round(loaded / 1024), Math.round(peak / 1024)])
    }
  const { name, rows: sequences, length } = SMOLLM2
  yield {
    title: `A step on ${sequences} sequences of ${length} tokens, ${name}`,
    heading: ['trained', 'weights trained', 'checkpointing', 's', 'peak MB loading', 'peak MB'],
    rows,
  }
}
