import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { machineDisk } from '#lib/file/disk.js'
import { orThrow } from '#lib/or-throw.js'
import { claimNamedFolder, claimNextFolder, writeConfig } from '#lib/run/claim-folder.js'
import { PATIENCE } from '../../patience.js'
import { losses, simulatedDisk } from './checkpoint/simulated-disk.js'
import { startHolder } from './lock-holder.js'
import { temporaryFolder } from './temporary.js'
import { wallClock } from '#lib/timing/wall-clock.js'

const claimNamed = (folder: string) => claimNamedFolder(folder, wallClock)
const claimNext = (root: string) => claimNextFolder(root, 'x', wallClock)

describe('claimNamedFolder', { timeout: PATIENCE }, () => {
  it('gives a path to one of the runs that start together', async () => {
    for (const folder of [join(await temporaryFolder(), 'a', 'b'), await temporaryFolder()]) {
      const claims = await Promise.all(Array.from({ length: 8 }, () => claimNamed(folder)()))
      expect(claims.filter(E.isRight)).toHaveLength(1)
      for (const refused of claims.filter(E.isLeft))
        expect(refused.left.message).toBe(
          `${folder}: found a folder with 1 entries, expected no folder, or an empty one`,
        )
      expect(await readdir(folder)).toEqual(['run.lock'])
    }
  })

  it('refuses a folder that is not empty, and a file', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'mine'), 'x')
    expect(await claimNamed(folder)()).toMatchObject(E.left({ found: 'a folder with 1 entries' }))
    expect(await readdir(folder)).toEqual(['mine'])
    const file = join(folder, 'mine')
    expect(await claimNamed(file)()).toMatchObject(E.left({ _tag: 'FileError', place: file }))
  })

  it('accepts a folder with nothing but the lock of a process that was killed', async () => {
    const folder = await temporaryFolder()
    const holder = await startHolder(folder)
    expect(await claimNamed(folder)()).toMatchObject(E.left({ found: 'a folder with 1 entries' }))
    await holder.kill()
    expect(await claimNamed(folder)()).toMatchObject(E.right({ folder }))
  })

  it('removes the weights that a start which was killed has published, and no others', async () => {
    const folder = await temporaryFolder()
    const holder = await startHolder(folder)
    await publishInto(folder)
    await holder.kill()
    expect(await claimNamed(folder)()).toMatchObject(E.right({ folder }))
    expect(await readdir(folder)).toEqual(['run.lock'])
    const mine = await temporaryFolder()
    await publishInto(mine)
    expect(await claimNamed(mine)()).toMatchObject(E.left({ found: 'a folder with 1 entries' }))
    expect(await readdir(mine)).toEqual(['published'])
  })

  it('accepts the incomplete configuration of a process that was killed, and removes it', async () => {
    const folder = await temporaryFolder()
    const holder = await startHolder(folder)
    await writeFile(join(folder, 'config.yaml.part'), 'seed')
    expect(await claimNamed(folder)()).toMatchObject(E.left({ found: 'a folder with 2 entries' }))
    await holder.kill()
    expect(await claimNamed(folder)()).toMatchObject(E.right({ folder }))
    expect(await readdir(folder)).toEqual(['run.lock'])
  })

  it('brings the names of the new folders onto the device', async () => {
    const root = await temporaryFolder()
    const synced = vi.spyOn(machineDisk, 'syncFolder')
    onTestFinished(() => synced.mockRestore())
    await orThrow(claimNamed(join(root, 'a', 'b')))
    expect(synced.mock.calls).toEqual([[join(root, 'a')], [root]])
    await orThrow(claimNext(root))
    expect(synced.mock.calls.slice(2)).toEqual([[root]])
  })

  it('removes a new folder that stays empty, and keeps one that existed or holds a file', async () => {
    const root = await temporaryFolder()
    const [fresh, existing, used] = ['fresh', 'existing', 'used'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(existing)
    for (const folder of [fresh, existing, used]) {
      const claimed = await orThrow(claimNamed(folder))
      if (folder === used) await orThrow(writeConfig(folder, 'seed: 1\n'))
      await claimed.close()
    }
    for (const claim of [claimNext(join(root, 'runs')), claimNamed(join(root, 'a', 'b'))])
      await (await orThrow(claim)).close()
    expect((await readdir(root)).sort()).toEqual(['existing', 'used'])
    expect(await readdir(used)).toEqual(['config.yaml'])
  })
})

/** Writes weights as a run publishes them to its servers. */
const publishInto = async (folder: string): Promise<void> => {
  const version = join(folder, 'published', 'entrain-r-000000')
  await mkdir(version, { recursive: true })
  await writeFile(join(version, 'adapter_config.json'), '{}')
}

describe('claimNextFolder', { timeout: PATIENCE }, () => {
  it('takes the folder of a start that was killed, and not that of one that is alive', async () => {
    const root = await temporaryFolder()
    const folder = join(root, 'x')
    await mkdir(folder)
    const holder = await startHolder(folder)
    await publishInto(folder)
    expect((await orThrow(claimNext(root))).folder).toBe(join(root, 'x-2'))
    await holder.kill()
    const claims = await Promise.all(Array.from({ length: 4 }, () => orThrow(claimNext(root))))
    expect(claims.map((claimed) => claimed.folder).sort()).toEqual(
      ['x', 'x-3', 'x-4', 'x-5'].map((name) => join(root, name)),
    )
    expect(await readdir(folder)).toEqual(['run.lock'])
  })

  it('takes the next number if runs of the name exist, also of runs that start together', async () => {
    const root = join(await temporaryFolder(), 'runs')
    await mkdir(join(root, 'x'), { recursive: true })
    const claims = await Promise.all(Array.from({ length: 8 }, () => orThrow(claimNext(root))))
    const expected = Array.from({ length: 8 }, (_, i) => join(root, `x-${i + 2}`))
    expect(claims.map(({ folder }) => folder).sort()).toEqual(expected.sort())
  })

  it('names the folder that it cannot create', async () => {
    const root = join(await temporaryFolder(), 'file')
    await writeFile(root, 'x')
    expect(await claimNext(root)()).toMatchObject(E.left({ _tag: 'FileError', place: join(root, 'x') }))
  })
})

describe('writeConfig', () => {
  it('writes a new file, and leaves that of another program alone', async () => {
    const folder = await temporaryFolder()
    await orThrow(writeConfig(folder, 'seed: 1\n'))
    expect(await writeConfig(folder, 'seed: 2\n')()).toMatchObject(E.left({ place: join(folder, 'config.yaml') }))
    expect(await readFile(join(folder, 'config.yaml'), 'utf8')).toBe('seed: 1\n')
    expect(await readdir(folder)).toEqual(['config.yaml'])
  })

  it('leaves a complete file or none after a power loss at any system call', async () => {
    const write = async (call: number) => {
      const simulated = simulatedDisk()
      await simulated.disk.createFolder('/run')
      simulated.failAt(call, 'power loss')
      return { simulated, written: await writeConfig('/run', 'seed: 1\n', simulated.disk)() }
    }
    for (const loss of losses)
      for (let call = 0, isDone = false; !isDone; call++) {
        const { simulated, written } = await write(call)
        isDone = E.isRight(written)
        const remains = await temporaryFolder()
        simulated.writeRemains(remains, loss)
        const found = await readFile(join(remains, 'run/config.yaml'), 'utf8').catch(() => null)
        expect(isDone ? ['seed: 1\n'] : [null, 'seed: 1\n'], `call ${call}`).toContain(found)
      }
  })
})
