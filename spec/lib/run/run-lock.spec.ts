import { existsSync } from 'node:fs'
import files, { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { claimRun, readRunLife } from '#lib/run/run-lock.js'
import { PATIENCE } from '../../patience.js'
import { startHolder } from './lock-holder.js'
import { temporaryFolder } from './temporary.js'
import { wallClock } from '#lib/timing/wall-clock.js'

const lockOf = (folder: string) => join(folder, 'run.lock')
const lifeOf = (folder: string) => readRunLife(folder, wallClock)
const claim = (folder: string) => claimRun(folder, wallClock)

/** Only Linux tells when a process has started. */
const isLinux = process.platform === 'linux'

/** A pid that is too large for any process. */
const noPid = 2 ** 22 + 1

/** Writes the lock of this process with some fields replaced, and its last sign of life some seconds ago. */
const writeLock = async (fields: Readonly<Record<string, unknown>>, silence = 0): Promise<string> => {
  const folder = await temporaryFolder()
  const { release } = await orThrow(claim(folder))
  const own = JSON.parse(await readFile(lockOf(folder), 'utf8')) as object
  await release()
  await writeFile(lockOf(folder), JSON.stringify({ ...own, ...fields }))
  await utimes(lockOf(folder), wallClock() - silence, wallClock() - silence)
  return folder
}

describe('claimRun', () => {
  it('holds a folder until it is released, and names the process to others', async () => {
    const folder = await temporaryFolder()
    const lock = await orThrow(claim(folder))
    expect(await lifeOf(folder)).toEqual({ life: 'alive' })
    const refused = await claim(folder)()
    expect(refused).toMatchObject(
      E.left({ place: folder, found: expect.stringContaining(`process ${process.pid} `) as string }),
    )
    expect(E.isLeft(refused) && refused.left.message).toMatch(
      /: found a run that process \d+ on \S+ is training, expected a run that no process is training$/,
    )
    await lock.release()
    await lock.release()
    expect(await readdir(folder)).toEqual([])
    expect(await lifeOf(folder)).toEqual({ life: 'unknown' })
  })

  it('gives a folder to one of the claims at the same time, and so does the lock of a process that is gone', async () => {
    const [fresh, left] = [await temporaryFolder(), await writeLock({ pid: noPid })]
    for (const folder of [fresh, left]) {
      const claims = await Promise.all(Array.from({ length: 16 }, () => claim(folder)()))
      expect(claims.filter(E.isRight)).toHaveLength(1)
      expect(await readdir(folder)).toEqual(['run.lock'])
      expect(await lifeOf(folder)).toEqual({ life: 'alive' })
    }
  })

  it('leaves no lock if the disk does not take it', async () => {
    const folder = await temporaryFolder()
    const { open } = files
    const opened = vi.spyOn(files, 'open').mockImplementationOnce(async (...place) => {
      const handle = await open(...place)
      vi.spyOn(handle, 'writeFile').mockRejectedValueOnce(
        Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' }),
      )
      return handle
    })
    syncBuiltinESMExports()
    onTestFinished(() => {
      opened.mockRestore()
      syncBuiltinESMExports()
    })
    expect(await claim(folder)()).toMatchObject({ left: { found: 'no space on the device' } })
    expect(await readdir(folder)).toEqual([])
  })

  it('takes over a lock whose takeover was cut off by the end of another process', async () => {
    const folder = await writeLock({ pid: noPid })
    // The right to replace a lock is a lock with its hash.
    const stale = await readFile(lockOf(folder), 'utf8')
    const { createHash } = await import('node:crypto')
    const right = `${lockOf(folder)}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`
    await writeFile(right, stale)
    await orThrow(claim(folder))
    expect(await readdir(folder)).toEqual(['run.lock'])
  })

  it('does not remove the lock of another process', async () => {
    const folder = await temporaryFolder()
    const { release } = await orThrow(claim(folder))
    await writeFile(lockOf(folder), 'of another process')
    await release()
    expect(await readFile(lockOf(folder), 'utf8')).toBe('of another process')
  })

  it('says when a process counts as gone that cannot be seen from here', async () => {
    const refused = await claim(await writeLock({ boot: 'another' }))()
    expect(E.isLeft(refused) && refused.left.message).toMatch(
      /is training, expected .*; a process that cannot be seen from here counts as gone 60 s after its last sign of life$/,
    )
  })

  describe('for a lock of another machine without a sign of life for a minute', () => {
    afterEach(() => void vi.useRealTimers())

    /** Begins to claim a folder, and lets some time pass when the claim waits. */
    const claimDuring = async (folder: string, waited: () => Promise<void>) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      const claimed = claim(folder)()
      await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1), PATIENCE)
      await waited()
      vi.advanceTimersByTime(15_000)
      const result = await claimed
      if (E.isRight(result)) onTestFinished(result.right.release)
      return result
    }

    it('refuses a folder whose process gives one meanwhile, because the clock of its machine is behind', async () => {
      const folder = await writeLock({ host: 'another' }, 3600)
      const beat = wallClock() - 3595
      expect(await claimDuring(folder, () => utimes(lockOf(folder), beat, beat))).toMatchObject(
        E.left({ found: expect.stringContaining('on another is training') as string }),
      )
      expect(await readdir(folder)).toEqual(['run.lock'])
    })

    it('takes the lock over if there is none', async () => {
      const folder = await writeLock({ host: 'another' }, 3600)
      expect(E.isRight(await claimDuring(folder, () => Promise.resolve()))).toBe(true)
      expect(JSON.parse(await readFile(lockOf(folder), 'utf8'))).toMatchObject({ pid: process.pid })
    })
  })

  it('names a folder that does not exist', async () => {
    expect(await claim('/nowhere/run')()).toMatchObject(E.left({ _tag: 'FileError', place: '/nowhere/run' }))
  })
})

describe('claimRun of several processes', { timeout: PATIENCE }, () => {
  it('refuses a folder whose process lives, and takes over that of a process that was killed', async () => {
    const folder = await temporaryFolder()
    const holder = await startHolder(folder)
    expect(holder.answer).toBe('held')
    expect(await lifeOf(folder)).toEqual({ life: 'alive' })
    expect(await claim(folder)()).toMatchObject(
      E.left({ found: expect.stringContaining(`process ${holder.child.pid} `) as string }),
    )
    const before = (await stat(lockOf(folder))).mtime
    await holder.kill()
    expect(await lifeOf(folder)).toEqual({ life: 'gone', since: before })
    await orThrow(claim(folder))
    expect(await lifeOf(folder)).toEqual({ life: 'alive' })
  })

  it('gives the folder of a killed process to one of them', async () => {
    const folder = await temporaryFolder()
    await (await startHolder(folder)).kill()
    const holders = await Promise.all(Array.from({ length: 4 }, () => startHolder(folder)))
    expect(holders.map(({ answer }) => answer).sort()).toEqual(['held', 'refused', 'refused', 'refused'])
  })
})

describe('readRunLife', () => {
  it.runIf(isLinux)('is alive for the process that is running', async () => {
    expect(await lifeOf(await writeLock({}, 3600))).toEqual({ life: 'alive' })
  })

  it.each([
    ['whose pid is that of no process', { pid: noPid }],
    ['whose pid another process has now', { started: '1' }],
  ])('is gone since the last sign of life for a lock %s', async (_, fields) => {
    const folder = await writeLock(fields, 10)
    const { mtime } = await stat(lockOf(folder))
    expect(await lifeOf(folder)).toEqual(
      'started' in fields && !isLinux ? { life: 'alive' } : { life: 'gone', since: mtime },
    )
  })

  it.each([
    ['of another machine', { host: 'another' }],
    ['of another boot, which may be another machine with the same name', { boot: 'another' }],
    ['of another container', { namespace: 'pid:[1]' }],
    ['that is not complete', { pid: 'none' }],
    ['without the start time of its process, whose pid another one may have now', { started: null }],
  ])('is gone after a minute without a sign of life for a lock %s', async (_, fields) => {
    expect(await lifeOf(await writeLock(fields, 20))).toEqual({ life: 'alive' })
    expect(await lifeOf(await writeLock(fields, 70))).toMatchObject({ life: 'gone' })
  })
})

describe('the sign of life', () => {
  afterEach(() => void vi.useRealTimers())

  /** Claims a folder, changes it, and lets the next sign of life come. */
  const afterBeat = async (change: (lock: string) => Promise<void>) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const folder = await temporaryFolder()
    const lock = await orThrow(claim(folder))
    onTestFinished(lock.release)
    let losses = 0
    lock.lost$.subscribe(() => losses++)
    await change(lockOf(folder))
    vi.advanceTimersByTime(5000)
    vi.useRealTimers()
    return { folder, lock, losses: () => losses }
  }

  it('moves the time of the lock every few seconds while it is held', async () => {
    const { folder, losses } = await afterBeat((lock) => utimes(lock, 0, 0))
    await vi.waitFor(async () => expect((await stat(lockOf(folder))).mtimeMs).toBeGreaterThan(0), PATIENCE)
    expect(losses()).toBe(0)
  })

  it('notices that another process has taken the lock over, and leaves that lock alone', async () => {
    const { folder, lock, losses } = await afterBeat((file) => writeFile(file, 'of another process'))
    await vi.waitFor(() => expect(losses()).toBe(1), PATIENCE)
    await lock.release()
    expect(await readFile(lockOf(folder), 'utf8')).toBe('of another process')
  })

  it('makes a lock again that was removed by hand, and none after its release', async () => {
    const { folder, lock, losses } = await afterBeat((file) => rm(file))
    await lock.release()
    expect(await readdir(folder)).toEqual([])
    const again = await afterBeat((file) => rm(file))
    await vi.waitFor(() => expect(existsSync(lockOf(again.folder))).toBe(true), PATIENCE)
    expect([losses(), again.losses()]).toEqual([0, 0])
  })

  it('goes on without a word while the folder is away', async () => {
    const { lock, losses } = await afterBeat((file) => rm(dirname(file), { recursive: true }))
    await lock.release()
    expect(losses()).toBe(0)
  })
})
