import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { keepRefused, MAX_KEPT, readRefused } from '#lib/run/quarantine-folder.js'
import { aFilteredBatch } from '#testing.js'
import { anyFilteredBatch } from '../codec/value/arbitraries.js'
import { temporaryFolder } from './temporary.js'

const refused = (step: number) => ({ reason: 'non-finite-loss', batch: aFilteredBatch(step) }) as const

describe('a quarantine', () => {
  it('returns every batch as it was, NaN and infinities included', async () => {
    const folder = await temporaryFolder()
    await fc.assert(
      fc.asyncProperty(anyFilteredBatch, async (batch) => {
        const kept = await keepRefused(folder, { reason: 'gradient-spike', batch })()
        if (E.isLeft(kept)) throw kept.left
        expect(await readRefused(kept.right)()).toMatchObject(E.right({ reason: 'gradient-spike', batch }))
      }),
      { numRuns: 20 },
    )
  })

  it('names a file by its step', async () => {
    const folder = await temporaryFolder()
    expect(await keepRefused(folder, refused(12))()).toEqual(E.right(join(folder, 'quarantine', 'step-000012.json')))
  })

  it('keeps the newest batches, and leaves other files alone', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'quarantine'))
    await writeFile(join(folder, 'quarantine', 'notes.txt'), 'mine')
    for (let step = 0; step < MAX_KEPT + 3; step++) await keepRefused(folder, refused(step))()
    const names = (await readdir(join(folder, 'quarantine'))).sort()
    expect(names).toHaveLength(MAX_KEPT + 1)
    expect(names.slice(0, 2)).toEqual(['notes.txt', 'step-000003.json'])
  })

  it('keeps a batch of an earlier step, which a resumed run repeats', async () => {
    const folder = await temporaryFolder()
    for (let step = 100; step < 100 + MAX_KEPT; step++) await keepRefused(folder, refused(step))()
    await keepRefused(folder, refused(7))()
    const names = (await readdir(join(folder, 'quarantine'))).sort()
    expect([names.length, names[0], names[1]]).toEqual([MAX_KEPT, 'step-000007.json', 'step-000101.json'])
  })

  it('says why a batch cannot be written', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'quarantine'), '')
    const kept = await keepRefused(folder, refused(0))()
    expect(kept).toMatchObject(E.left({ _tag: 'FileError', place: join(folder, 'quarantine') }))
  })

  it('names the file and the field of a batch that cannot be read', async () => {
    const folder = await temporaryFolder()
    const kept = await keepRefused(folder, refused(0))()
    const file = E.isRight(kept) ? kept.right : ''
    const text = await readFile(file, 'utf8')
    const messageOf = async (contents: string) => {
      await writeFile(file, contents)
      const read = await readRefused(file)()
      return E.isLeft(read) ? read.left.message : ''
    }
    expect(await messageOf(text.replace('"accepted_B":[true', '"accepted_B":[7'))).toBe(
      `${file}, batch.accepted_B.0: found 7, expected boolean`,
    )
    expect(await messageOf(text.replace('entrain quarantine 1', 'entrain quarantine 2'))).toContain(
      `${file}, format: found "entrain quarantine 2"`,
    )
    expect(await messageOf(text.slice(0, 100))).toContain('expected JSON')
    expect(await readRefused(folder)()).toMatchObject(E.left({ found: 'a folder', expected: 'a quarantined batch' }))
  })
})
