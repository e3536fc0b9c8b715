import { expect } from 'vitest'
import type { ModelCheckpoint } from '#lib/model/model-checkpoint.js'
import json from '../../golden/checkpoints/values.json' with { type: 'json' }

/** Path of a checkpoint that bench/reference/checkpoints.py had other programs write. */
export const goldenCheckpoint = (name: string): string => `spec/golden/checkpoints/${name}`

type Weights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>

/** Weights that transformers read from a checkpoint, bit by bit. */
export const expectGoldenWeights = (
  name: 'sharded-bf16' | 'llama.gguf' | 'qwen3.gguf' | 'smollm3.gguf' | 'mistral.gguf',
  model: ModelCheckpoint,
): void => {
  const expected: Weights = json[name]
  expect([...model.weights.keys()].sort()).toEqual(Object.keys(expected).sort())
  for (const [weight, { shape, values }] of Object.entries(expected)) {
    const found = model.weights.get(weight)!
    const place = (i: number) => Math.floor((i * (found.data.length - 1)) / Math.max(1, values.length - 1))
    expect(found.shape).toEqual(shape)
    expect([weight, values.map((_, i) => found.data[place(i)])]).toEqual([weight, values])
  }
}
