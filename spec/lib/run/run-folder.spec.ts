import { readdir, readFile, writeFile } from 'node:fs/promises'
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

  it.each([[undefined], ['seed: 1\n']])(
    'gives a path to one of the runs that start together, with configuration %j',
    async (config) => {
      const [fresh, empty] = [join(await temporaryFolder(), 'a', 'b'), await temporaryFolder()]
      for (const path of [fresh, empty]) {
        const made = await Promise.all(Array.from({ length: 8 }, () => namedRunFolder(path, config)()))
        expect(made.filter(E.isRight)).toEqual([E.right(path)])
        expect(made.filter(E.isLeft)).toHaveLength(7)
        for (const refused of made.filter(E.isLeft))
          expect(refused.left.message).toBe(
            `${path}: found a folder with 1 entries, expected no folder, or an empty one`,
          )
        expect(await readdir(path)).toEqual(config === undefined ? [] : ['config.yaml'])
      }
    },
  )

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

  it('writes the configuration, and leaves the folder of another run alone', async () => {
    const root = await temporaryFolder()
    await namedRunFolder(join(root, 'x'), 'seed: 7\n')()
    expect(await nextRunFolder(root, 'x', 'seed: 8\n')()).toEqual(E.right(join(root, 'x-2')))
    expect(await readFile(join(root, 'x', 'config.yaml'), 'utf8')).toBe('seed: 7\n')
    expect(await readFile(join(root, 'x-2', 'config.yaml'), 'utf8')).toBe('seed: 8\n')
  })

  it('names the folder that it cannot create', async () => {
    const root = join(await temporaryFolder(), 'file')
    await writeFile(root, 'x')
    expect(await nextRunFolder(root, 'x')()).toMatchObject(E.left({ _tag: 'FileError', place: join(root, 'x') }))
  })
})
