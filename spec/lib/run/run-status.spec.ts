import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { claimRun } from '#lib/run/run-lock.js'
import { readRunStatus } from '#lib/run/run-status.js'
import { startHolder } from './lock-holder.js'
import { PATIENCE } from '../../patience.js'
import { temporaryFolder } from './temporary.js'
import { wallClock } from '#lib/timing/wall-clock.js'

const statusOf = (folder: string) => readRunStatus(folder, wallClock)()
const write = (folder: string, status: string) => writeFile(join(folder, 'summary.json'), JSON.stringify({ status }))

describe('readRunStatus', { timeout: PATIENCE }, () => {
  it('is that of the summary while the process of the run lives', async () => {
    const folder = await temporaryFolder()
    const { release } = await orThrow(claimRun(folder, wallClock))
    expect(await statusOf(folder)).toEqual(E.right({ status: null, lastSign: null, failure: null }))
    for (const status of ['running', 'saving', 'finished', 'interrupted', 'failed']) {
      await write(folder, status)
      expect(await statusOf(folder)).toEqual(E.right({ status, lastSign: null, failure: null }))
    }
    await release()
  })

  it.each(['running', 'saving'])('is interrupted for a run that was %s when its process was killed', async (status) => {
    const folder = await temporaryFolder()
    const holder = await startHolder(folder)
    await write(folder, status)
    expect(await statusOf(folder)).toEqual(E.right({ status, lastSign: null, failure: null }))
    await holder.kill()
    expect(await statusOf(folder)).toMatchObject(
      E.right({ status: 'interrupted', lastSign: expect.any(Date) as unknown }),
    )
  })

  it('is interrupted for a run that was killed before its first summary', async () => {
    const folder = await temporaryFolder()
    await (await startHolder(folder)).kill()
    expect(await statusOf(folder)).toMatchObject(E.right({ status: 'interrupted' }))
  })

  it.each(['finished', 'interrupted', 'failed'])(
    'is %s for a run that ended and whose lock remained',
    async (status) => {
      const folder = await temporaryFolder()
      await (await startHolder(folder)).kill()
      await write(folder, status)
      expect(await statusOf(folder)).toEqual(E.right({ status, lastSign: null, failure: null }))
    },
  )

  it('is interrupted since the last write for a folder that was copied without its lock', async () => {
    const folder = await temporaryFolder()
    await write(folder, 'running')
    await writeFile(join(folder, 'metrics.jsonl'), '')
    await utimes(join(folder, 'summary.json'), 1000, 1000)
    await utimes(join(folder, 'metrics.jsonl'), 2000, 2000)
    expect(await statusOf(folder)).toEqual(
      E.right({ status: 'interrupted', lastSign: new Date(2_000_000), failure: null }),
    )
  })

  it('is interrupted since its configuration for a run that ended before its first summary, such as on a full disk', async () => {
    const folder = await temporaryFolder()
    const { release } = await orThrow(claimRun(folder, wallClock))
    await writeFile(join(folder, 'config.yaml'), 'steps: 2\n')
    await utimes(join(folder, 'config.yaml'), 1000, 1000)
    expect(await statusOf(folder)).toEqual(E.right({ status: null, lastSign: null, failure: null }))
    await release()
    expect(await statusOf(folder)).toEqual(
      E.right({ status: 'interrupted', lastSign: new Date(1_000_000), failure: null }),
    )
  })

  it('is unknown for a folder without a summary, a lock and a configuration', async () => {
    expect(await statusOf(await temporaryFolder())).toEqual(E.right({ status: null, lastSign: null, failure: null }))
  })

  it('has the error of a failed run', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'summary.json'), JSON.stringify({ status: 'failed', failure: 'engine lost' }))
    expect(await statusOf(folder)).toEqual(E.right({ status: 'failed', lastSign: null, failure: 'engine lost' }))
  })

  it('names a summary that cannot be read', async () => {
    const folder = await temporaryFolder()
    await write(folder, 'lost')
    expect(await statusOf(folder)).toMatchObject(E.left({ place: `${join(folder, 'summary.json')}, status` }))
  })
})
