import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameOfRun } from '#bench/paper/plan.js'
import { countsOf, digitsOf, fileOfRun, mostSamples, readRecord, rounded, writeRecord } from '#bench/paper/record.js'
import { aPlan, aRecord } from './synthetic.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-paper-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the name of a run', () => {
  it('says what the run is and does not depend on the order of the fields of its plan', () => {
    const plan = aPlan({ filter: 'sign' })
    expect(nameOfRun(plan)).toMatch(/^countdown-grpo-sign-0\.0001-30-steps-seed-11-[0-9a-f]{8}$/)
    expect(nameOfRun(Object.fromEntries(Object.entries(plan).toReversed()) as typeof plan)).toBe(nameOfRun(plan))
  })

  it.each([
    { seed: 12 },
    { learningRate: 2e-4 },
    { band: { schedule: 'constant', from: { low: 0.5, high: 0.6 } } },
    { options: { minibatches: 4 } },
    { evaluation: null },
    { model: { kind: 'bundled', name: 'countdown', digest: 'ba9876543210' } },
  ] as const)('differs with %j', (change) => {
    expect(nameOfRun(aPlan(change))).not.toBe(nameOfRun(aPlan()))
  })

  it('is a file name for algorithms with a plus sign', () => {
    expect(nameOfRun(aPlan({ algorithm: 'raft++' }))).toMatch(/^[\w.-]+$/)
  })
})

describe('the file of a run', () => {
  it('is read as it was written', async () => {
    const record = aRecord(aPlan())
    await writeRecord(folder, record)
    expect(await readRecord(folder, record.plan)).toEqual(record)
    expect(await readdir(folder)).toEqual([`${nameOfRun(record.plan)}.json`])
  })

  it('is missing for a plan that was not run', async () => {
    expect(await readRecord(folder, aPlan())).toBeNull()
  })

  it('is no record if it is torn at any place', async () => {
    const record = aRecord(aPlan())
    const file = fileOfRun(folder, record.plan)
    await writeRecord(folder, record)
    const { length } = await readFile(file)
    for (const size of [0, 1, Math.floor(length / 2), length - 3]) {
      await truncate(file, size)
      expect(await readRecord(folder, record.plan)).toBeNull()
      await writeRecord(folder, record)
    }
  })

  it('is no record if it holds the run of another plan', async () => {
    const record = aRecord(aPlan())
    const text = JSON.stringify({ ...record, plan: aPlan({ seed: 12 }) })
    await writeFile(fileOfRun(folder, record.plan), text)
    expect(await readRecord(folder, record.plan)).toBeNull()
  })
})

test.prop([fc.array(fc.integer({ min: 0, max: mostSamples }))])('counts are read as they were written', (counts) => {
  expect(countsOf(digitsOf(counts), mostSamples).map(({ c }) => c)).toEqual(counts)
})

it('rounds to four significant digits, and a value that is not finite to null', () => {
  expect([0.123456, 12345.6, 0, NaN, Infinity, null].map((value) => rounded(value))).toEqual([
    0.1235,
    12350,
    0,
    null,
    null,
    null,
  ])
})
