import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { readSummary, type RunSummary, RunSummaryCodec } from '#lib/run/summary.js'
import { evaluationOf } from '#lib/evaluation/evaluation.js'
import { temporaryFolder } from './temporary.js'

const summary: RunSummary = {
  task: 'countdown',
  algorithm: 'entrocraft',
  seed: 1,
  engine: 'onnx',
  status: 'finished',
  failure: null,
  planned: 2,
  steps: 2,
  skipped: 0,
  refused: {},
  limitBreach: null,
  prompts: { issued: 8, trained: 5, stale: 1, failed: 0, discarded: 0, unfinished: 2 },
  inBandShare: 0.5,
  stepSeconds: 1.5,
  secondsByStage: { sample: 1, score: 0.5, update: 1, operators: 0.5, total: 3 },
  base: null,
  trained: null,
  compared: null,
}

describe('RunSummary', () => {
  it('holds evaluations without a change', () => {
    const evaluation = evaluationOf([{ n: 4, c: 1, tokens: 20, majority: null }], [1, 4], 1)
    const full = { ...summary, base: evaluation, trained: evaluation }
    expect(RunSummaryCodec.decode(JSON.parse(JSON.stringify(full)))).toMatchObject(
      E.right({ trained: { prompts: 1, samples: 4, passAtK: { '4': { value: 1 } } } }),
    )
  })

  it('is read from a file', async () => {
    const file = join(await temporaryFolder(), 'summary.json')
    await writeFile(file, JSON.stringify(summary))
    expect(await readSummary(file)()).toEqual(E.right(summary))
  })

  it('of an older version has no comparison and no failure', () => {
    const old = Object.fromEntries(
      Object.entries(summary).filter(([field]) => field !== 'compared' && field !== 'failure'),
    )
    expect(RunSummaryCodec.decode(old)).toEqual(E.right(summary))
  })

  it.each([
    ['{"steps": 1', 'JSON'],
    [
      JSON.stringify({ ...summary, status: 'lost' }),
      '("running" | "saving" | "finished" | "interrupted" | "failed")',
      ', status',
    ],
    [JSON.stringify({ ...summary, base: { prompts: 1 } }), 'number', ', base.samples'],
    [JSON.stringify({ ...summary, compared: { status: 'finished' } }), 'string', ', compared.algorithm'],
  ])('rejects %s', async (text, expected, field = '') => {
    const file = join(await temporaryFolder(), 'summary.json')
    await writeFile(file, text)
    expect(await readSummary(file)()).toMatchObject(E.left({ place: `${file}${field}`, expected }))
  })

  it('does not wait for the writer of a FIFO', async () => {
    const file = join(await temporaryFolder(), 'summary.json')
    execFileSync('mkfifo', [file])
    expect(await readSummary(file)()).toMatchObject(E.left({ place: file, found: 'a FIFO' }))
  })
})
