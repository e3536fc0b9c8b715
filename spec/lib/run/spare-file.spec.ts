import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spareFile } from '#lib/run/spare-file.js'
import { temporaryFolder } from './temporary.js'

describe('the spare file of a run', () => {
  it('has the requested size up to 64 MiB, and is given up once', async () => {
    const run = await temporaryFolder()
    const spare = spareFile(run)
    expect(spare.giveUp()).toBe(0)
    await spare.reserve(3 * 2 ** 20 + 1)
    expect((await stat(join(run, 'spare'))).size).toBe(3 * 2 ** 20 + 1)
    await spare.reserve(1)
    expect(spare.giveUp()).toBe(3 * 2 ** 20 + 1)
    expect(await readdir(run)).toEqual([])
    expect(spare.giveUp()).toBe(0)
  })

  it('gives nothing on a disk that refuses every call', async () => {
    const run = await temporaryFolder()
    const file = join(run, 'file')
    await writeFile(file, 'in place of a folder')
    const spare = spareFile(file)
    await spare.reserve(10)
    expect(spare.giveUp()).toBe(0)
  })

  it('gives nothing if the file cannot be removed', async () => {
    const run = await temporaryFolder()
    await mkdir(join(run, 'spare'))
    expect(spareFile(run).giveUp()).toBe(0)
    expect(await readdir(run)).toEqual(['spare'])
  })

  it('is missing if the folder of the run has vanished', async () => {
    const run = await temporaryFolder()
    const spare = spareFile(run)
    await spare.reserve(10)
    await rm(run, { recursive: true })
    await spare.reserve(10)
    expect(spare.giveUp()).toBe(0)
  })
})
