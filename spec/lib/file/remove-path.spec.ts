import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it, onTestFinished, vi } from 'vitest'
import { machineDisk } from '#lib/file/disk.js'
import { removePath } from '#lib/file/remove-path.js'
import { temporaryFolder } from '../run/temporary.js'

it('removePath removes a file, a folder with its contents, and nothing', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'a'))
  for (const name of ['a/b', 'c']) await writeFile(join(folder, name), '')
  for (const name of ['a', 'c', 'd']) expect(await removePath(join(folder, name))()).toEqual(E.right(undefined))
  expect(await readdir(folder)).toEqual([])
})

it('removePath names a path that it cannot remove, with the error of the file system', async () => {
  const cause = Object.assign(new Error('EROFS: simulated'), { code: 'EROFS' })
  const remove = vi.spyOn(machineDisk, 'remove').mockRejectedValue(cause)
  onTestFinished(() => remove.mockRestore())
  expect(await removePath('/run/model')()).toMatchObject(E.left({ _tag: 'FileError', place: '/run/model', cause }))
})
