import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { namedRunFolder, nextRunFolder } from '#lib/run/run-folder.js'
import { temporaryFolder } from './temporary.js'

describe('namedRunFolder', () => {
  it('creates the folder and its parent folders', async () => {
    const path = join(await temporaryFolder(), 'a', 'b')
    expect(await namedRunFolder(path)()).toEqual(E.right(path))
    expect(await readdir(path)).toEqual([])
  })

  it('accepts an existing empty folder', async () => {
    const path = await temporaryFolder()
    expect(await namedRunFolder(path)()).toEqual(E.right(path))
  })

  it('rejects a folder that is not empty, and does not change it', async () => {
    const path = await temporaryFolder()
    await writeFile(join(path, 'mine'), 'x')
    expect(await namedRunFolder(path)()).toMatchObject(
      E.left({ message: `${path}: found a folder with 1 entries, expected no folder, or an empty one` }),
    )
    expect(await readdir(path)).toEqual(['mine'])
  })

  it('rejects a file, and names it', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, 'x')
    expect(await namedRunFolder(path)()).toMatchObject(E.left({ _tag: 'FileError', place: path }))
  })
})

describe('nextRunFolder', () => {
  it('takes the next number if runs of the name exist', async () => {
    const root = join(await temporaryFolder(), 'runs')
    const made = [await nextRunFolder(root, 'x')(), await nextRunFolder(root, 'x')(), await nextRunFolder(root, 'x')()]
    expect(made).toEqual(['x', 'x-2', 'x-3'].map((name) => E.right(join(root, name))))
  })

  it('gives runs that start together different folders', async () => {
    const root = await temporaryFolder()
    const made = await Promise.all(Array.from({ length: 8 }, () => nextRunFolder(root, 'x')()))
    expect(new Set(made.map((path) => (E.isRight(path) ? path.right : 'failed'))).size).toBe(8)
    expect(await readdir(root)).toHaveLength(8)
  })

  it('names the folder that it cannot create', async () => {
    const root = join(await temporaryFolder(), 'file')
    await writeFile(root, 'x')
    expect(await nextRunFolder(root, 'x')()).toMatchObject(E.left({ _tag: 'FileError', place: join(root, 'x') }))
  })
})
