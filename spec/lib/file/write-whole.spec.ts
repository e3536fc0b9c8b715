import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { writeWhole } from '#lib/file/write-whole.js'
import { losses, simulatedDisk } from '../run/checkpoint/simulated-disk.js'
import { temporaryFolder } from '../run/temporary.js'

it('writeWhole replaces a file and leaves no temporary file', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'a.txt')
  await writeWhole(file, 'first')()
  expect(await writeWhole(file, Uint8Array.of(104, 105))()).toEqual(E.right(undefined))
  expect(await readFile(file, 'utf8')).toBe('hi')
  expect(await readdir(folder)).toEqual(['a.txt'])
})

it('writeWhole names a file that it cannot write', async () => {
  expect(await writeWhole('/nowhere/a.txt', 'x')()).toMatchObject(
    E.left({ _tag: 'FileError', place: '/nowhere/a.txt' }),
  )
})

it('writeWhole leaves nothing beside a file that it could not put in its place', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'taken', 'full'), { recursive: true })
  expect(await writeWhole(join(folder, 'taken'), 'x')()).toMatchObject(E.left({ _tag: 'FileError' }))
  expect(await readdir(folder)).toEqual(['taken'])
})

it('writeWhole leaves the file before or the new one after a power loss at any system call', async () => {
  for (const loss of losses)
    for (let call = 0, isDone = false; !isDone; call++) {
      const simulated = simulatedDisk()
      await simulated.disk.createFolder('/run')
      await writeWhole('/run/a.txt', 'before', simulated.disk)()
      simulated.failAt(call, 'power loss')
      isDone = E.isRight(await writeWhole('/run/a.txt', 'after', simulated.disk)())
      const folder = await temporaryFolder()
      simulated.writeRemains(folder, loss)
      const found = await readFile(join(folder, 'run/a.txt'), 'utf8')
      expect(isDone ? ['after'] : ['before', 'after'], `call ${call}`).toContain(found)
    }
})
