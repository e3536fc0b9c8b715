import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareVariants, isUnexpected, makeModel } from '#bench/determinism.js'
import { PATIENCE } from '../../patience.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-determinism-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// `npm run bench -- determinism` makes every variant on every engine.
it(
  'the same seed writes the same bytes, also with a page of the dashboard; two replicas differ by rounding, and not from each other',
  async () => {
    const names = ['first run', 'dashboard with a page', 'two replicas', 'two replicas again'] as const
    const [watched, replicas, again] = await compareVariants(folder, 'onnx', await makeModel(folder), names)
    expect(watched).toMatchObject({ files: [], first: null, weights: 0 })
    expect(replicas!.files).toContain('checkpoint.safetensors')
    expect(replicas!.first!.by).toBeLessThan(1e-5)
    expect(replicas!.weights).toBeLessThan(1e-4)
    expect(again).toMatchObject({ files: [], first: null, weights: 0 })
    expect([watched!, replicas!, again!].map(isUnexpected)).toEqual([false, false, false])
    expect(isUnexpected({ ...again!, files: ['metrics.jsonl'] })).toBe(true)
  },
  4 * PATIENCE,
)
