import type { DecoderConfig } from '../lib/model/decoder-config.js'
import { loraTargets } from '../lib/model/lora/lora.js'
import type { SequenceShape } from '../lib/model/program/sequence.js'

/** Decoder, and its training batch of `rows` sequences of `length` tokens. */
export interface BenchModel {
  readonly name: string
  readonly config: DecoderConfig
  readonly rows: number
  readonly length: number
}

/** Returns the shape of the batch for a training program. The first token of each sequence is its prompt. */
export const shapeOf = ({ rows, length }: Pick<BenchModel, 'rows' | 'length'>): SequenceShape => ({
  prompts: rows,
  promptLength: 1,
  rows,
  length,
})

const common = { ropeTheta: 10_000, normEpsilon: 1e-6 }

/** 1.06 M weights: the size of the bundled checkpoint. */
export const S: BenchModel = {
  name: 'S',
  config: {
    ...common,
    vocabulary: 64,
    width: 128,
    layers: 4,
    heads: 4,
    kvHeads: 4,
    headWidth: 32,
    feedForward: 512,
  },
  rows: 64,
  length: 32,
}

/** 35.7 M weights. */
export const L: BenchModel = {
  name: 'L',
  config: {
    ...common,
    vocabulary: 4096,
    width: 512,
    layers: 8,
    heads: 8,
    kvHeads: 8,
    headWidth: 64,
    feedForward: 2048,
  },
  rows: 8,
  length: 128,
}

/** 134.5 M weights: the shape of SmolLM2-135M. */
export const SMOLLM2: BenchModel = {
  name: 'SmolLM2-135M',
  config: {
    vocabulary: 49_152,
    width: 576,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    headWidth: 64,
    feedForward: 1536,
    ropeTheta: 100_000,
    normEpsilon: 1e-5,
    headNorms: false,
  },
  rows: 8,
  length: 128,
}

/** Adapters of rank 16 on all projections. */
export const ADAPTERS = { rank: 16, alpha: 32, targets: loraTargets } as const

/** SmolLM2-135M with adapters of rank 16 on all projections. */
export const SMOLLM2_ADAPTERS: BenchModel = {
  ...SMOLLM2,
  name: `${SMOLLM2.name}, adapters`,
  config: { ...SMOLLM2.config, lora: ADAPTERS },
}

/** 596 M weights: the shape of Qwen3-0.6B, with adapters of rank 16 on all projections. */
export const QWEN3_ADAPTERS: BenchModel = {
  name: 'Qwen3-0.6B, adapters',
  config: {
    vocabulary: 151_936,
    width: 1024,
    layers: 28,
    heads: 16,
    kvHeads: 8,
    headWidth: 128,
    feedForward: 3072,
    ropeTheta: 1_000_000,
    normEpsilon: 1e-6,
    headNorms: true,
    lora: ADAPTERS,
  },
  rows: 8,
  length: 128,
}
