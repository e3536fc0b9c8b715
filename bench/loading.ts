/**
 * Peak of resident memory of a process that loads 135 M weights, or 163 M with an untied head, which is the last weight and as
 * large as the largest: by the number format of the file, and by the target.
 *
 *     npm run bench -- loading [--engine NAME]
 *
 * The target `host` drops each weight after reading it; `weights` uploads it to the engine. Each row is a process of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostTensor } from '../lib/compute/program/node.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import type { DecoderConfig } from '../lib/model/decoder-config.js'
import { writeHuggingFace } from '../lib/model/hugging-face/write-folder.js'
import { weightShapes } from '../lib/model/weights.js'
import { orThrow } from '../lib/or-throw.js'
import type { Bench } from './bench.js'
import { runChild } from './child.js'
import { SMOLLM2 } from './models.js'

const child = new URL('./loading-child.js', import.meta.url)

/** Targets of loading, and how many copies of the float32 weights each holds. */
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
          writeHuggingFace(stored, { config: decoder, weights: constantWeights(decoder), metadata: {} }, { float }),
        )
        const idle = await measurePeak(engine, 'nothing', stored)
        for (const [target, sets] of Object.entries(targets)) {
          const held = sets * all
          const beyond = (await measurePeak(engine, target, stored)) - idle
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

/** Weights of 0.01: a system may store pages of zeros without memory. */
function* constantWeights(decoder: DecoderConfig): Generator<readonly [string, HostTensor]> {
  for (const [name, shape] of weightShapes(decoder))
    yield [name, { shape, data: new Float32Array(sizeOf(shape)).fill(0.01) }]
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20)

/** Measures the peak of resident memory of a process that loads a folder. @units MB */
const measurePeak = async (engine: string, target: string, folder: string): Promise<number> =>
  Math.round(Number(await runChild(child, [engine, target, folder])) / 1024)
