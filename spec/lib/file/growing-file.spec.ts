import fs, { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openGrowingFile } from '#lib/file/growing-file.js'
import { rightOrThrow } from '#lib/or-throw.js'
import { temporaryFolder } from '../run/temporary.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const open = (file: string) => rightOrThrow(openGrowingFile(file, 'a log')())

const failing = () => {
  throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' })
}

/** Makes the disk write half of the next record and refuse the rest, and then refuse to remove that half. */
const tearNextRecord = () => {
  const write = fs.writeSync
  const half = (descriptor: number, record: Uint8Array) => write(descriptor, record, 0, record.length / 2)
  const calls = [
    vi
      .spyOn(fs, 'writeSync')
      .mockImplementationOnce(half as typeof write)
      .mockImplementationOnce(failing),
    vi.spyOn(fs, 'ftruncateSync').mockImplementationOnce(failing),
  ]
  syncBuiltinESMExports()
  onTestFinished(() => {
    for (const call of calls) call.mockRestore()
    syncBuiltinESMExports()
  })
}

describe('a growing file', () => {
  it('gets its records at its end', async () => {
    const file = join(await temporaryFolder(), 'log')
    await writeFile(file, 'a')
    const { append, close } = open(file)
    append(bytes('b'))
    append(bytes('c'))
    close()
    close()
    expect(await readFile(file, 'utf8')).toBe('abc')
  })

  it.skipIf(!existsSync('/dev/full'))('reports a device that is full', () => {
    const { append, close } = open('/dev/full')
    expect(() => append(bytes('a'))).toThrow('/dev/full: found no space on the device, expected a log')
    close()
  })

  it('keeps no part of a record that could not be removed when the record failed', async () => {
    const file = join(await temporaryFolder(), 'log')
    const { append, close } = open(file)
    append(bytes('a'))
    tearNextRecord()
    expect(() => append(bytes('bcde'))).toThrow(`${file}: found EIO: simulated, expected a log`)
    expect(await readFile(file, 'utf8')).toBe('abc')
    append(bytes('bcde'))
    close()
    expect(await readFile(file, 'utf8')).toBe('abcde')
  })

  it('fails while its folder has vanished, and goes on when the folder is back', async () => {
    const folder = join(await temporaryFolder(), 'run')
    await mkdir(folder)
    const file = join(folder, 'log')
    const { append, close } = open(file)
    append(bytes('a'))
    await rm(folder, { recursive: true })
    expect(() => append(bytes('b'))).toThrow(`${file}: found no such file, expected a log`)
    await mkdir(folder)
    await writeFile(file, 'too long')
    expect(() => append(bytes('b'))).toThrow(
      `${file}: found 8 bytes, expected the file of 1 bytes that was there before`,
    )
    await writeFile(file, 'a')
    append(bytes('b'))
    close()
    expect(await readFile(file, 'utf8')).toBe('ab')
  })

  it('follows its folder when the folder gets another name', async () => {
    const folder = join(await temporaryFolder(), 'run')
    await mkdir(folder)
    const { append, close } = open(join(folder, 'log'))
    await rename(folder, `${folder}-2`)
    append(bytes('a'))
    close()
    expect(await readFile(join(`${folder}-2`, 'log'), 'utf8')).toBe('a')
  })
})
