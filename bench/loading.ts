/**
 * Peak resident memory of a process that loads 135 M weights, or 163 M with a head of its own, which is the last weight and as
 * large as the largest; by what they are stored as, and onto what:
 *
 *     npm run bench -- loading [--engine NAME]
 *
 * `host` lets go of every weight once it is read; `weights` puts them on the engine. Every row is a process of its own: a peak, once reached, stays.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { orThrow } from '../lib/or-throw.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import type { HostTensor } from '../lib/compute/program/node.js'
import type { DecoderConfig } from '../lib/model/decoder-config.js'
import { writeHuggingFace } from '../lib/model/hugging-face/write-folder.js'
import { weightShapes } from '../lib/model/weights.js'
import type { Bench } from './bench.js'
import { SMOLLM2 } from './models.js'

/** What a row loads onto, and how many sets of float32 weights lie there then. */
const targets = { host: 0, weights: 1 } as const

export const loadingBench: Bench = async function* ({ engine = 'onnx' }) {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-'))
  try {
    for (const tiedHead of [true, false]) {
      const decoder = { ...SMOLLM2.config, tiedHead }
      const bytes = [...weightShapes(decoder).values()].map((shape) => 4 * sizeOf(shape))
      const [all, largest] = [megabytes(bytes.reduce((a, b) => a + b)), megabytes(Math.max(...bytes))]
      const rows = []
      for (const float of ['F32', 'BF16'] as const) {
        const stored = join(folder, `${float}-${tiedHead}`)
        await orThrow(
          writeHuggingFace(stored, { config: decoder, weights: somewhat(decoder), metadata: {} }, { float }),
        )
        const idle = await peakOf(engine, 'nothing', stored)
        for (const [target, sets] of Object.entries(targets)) {
          const held = sets * all
          const beyond = (await peakOf(engine, target, stored)) - idle
          rows.push([float, target, held, beyond, beyond - held, (beyond - held) / largest])
        }
      }
      yield { title: `Loading ${all} MB of float32, the largest weight ${largest} MB`, heading, rows }
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const heading = [
  'stored as',
  'onto',
  'held MB',
  'peak beyond an idle engine MB',
  'of that not held MB',
  'in largest weights',
]

/** Weights that are not zeros: pages of zeros may be none. */
function* somewhat(decoder: DecoderConfig): Generator<readonly [string, HostTensor]> {
  for (const [name, shape] of weightShapes(decoder))
    yield [name, { shape, data: new Float32Array(sizeOf(shape)).fill(0.01) }]
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20)

/** @units MB */
const peakOf = async (engine: string, target: string, folder: string): Promise<number> => {
  const child = fileURLToPath(new URL('./loading-child.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child, engine, target, folder])
  return Math.round(Number(stdout) / 1024)
}
