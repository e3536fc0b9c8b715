import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { machineDisk } from '#lib/file/disk.js'
import { appendDurably, appendLine, openJsonLines, readJsonLines } from '#lib/run/json-lines.js'
import { orThrow, rightOrThrow } from '#lib/or-throw.js'
import { temporaryFolder } from './temporary.js'

const Point = t.type({ x: t.number })

describe('openJsonLines', () => {
  it('has every line on disk when append returns', async () => {
    const file = join(await temporaryFolder(), 'log.jsonl')
    const log = rightOrThrow(openJsonLines<{ x: number }>(file)())
    log.append({ x: 1 })
    expect(await readFile(file, 'utf8')).toBe('{"x":1}\n')
    log.append({ x: 2 })
    expect(await readFile(file, 'utf8')).toBe('{"x":1}\n{"x":2}\n')
    log.close()
  })

  it('appends to an earlier log', async () => {
    const file = join(await temporaryFolder(), 'log.jsonl')
    for (const x of [1, 2]) {
      const log = rightOrThrow(openJsonLines<{ x: number }>(file)())
      log.append({ x })
      log.close()
    }
    expect(await readJsonLines(file, Point)()).toEqual(E.right([{ x: 1 }, { x: 2 }]))
  })
})

describe('a log whose last line is incomplete', () => {
  it.each([0, 1, 2 ** 16, 200_000])('loses that line, of %d bytes, before it gets another one', async (length) => {
    const file = join(await temporaryFolder(), 'log.jsonl')
    for (const lines of ['', '{"x":1}\n']) {
      await writeFile(file, lines + '{'.repeat(length))
      rightOrThrow(appendLine(file, { x: 2 })())
      expect(await readFile(file, 'utf8')).toBe(`${lines}{"x":2}\n`)
    }
  })
})

describe('readJsonLines', () => {
  it('names the line that is not JSON or not a record', async () => {
    const file = join(await temporaryFolder(), 'log.jsonl')
    await writeFile(file, '{"x":1}\n{"x":\n')
    expect(await readJsonLines(file, Point)()).toMatchObject(E.left({ place: `${file}:2`, expected: 'JSON' }))
    await writeFile(file, '{"x":1}\n{"x":2}\n{"x":"3"}\n')
    expect(await readJsonLines(file, Point)()).toMatchObject(E.left({ place: `${file}:3, x` }))
  })

  it('reads the first bytes of a log, whatever follows them', async () => {
    const file = join(await temporaryFolder(), 'log.jsonl')
    await writeFile(file, '{"x":1}\n{"x":2}\n{"x":')
    expect(await readJsonLines(file, Point, 8)()).toEqual(E.right([{ x: 1 }]))
    expect(await readJsonLines(file, Point, 0)()).toEqual(E.right([]))
  })

  it('does not wait for the writer of a FIFO', async () => {
    const file = join(await temporaryFolder(), 'log.jsonl')
    execFileSync('mkfifo', [file])
    expect(await readJsonLines(file, Point)()).toMatchObject(E.left({ place: file, found: 'a FIFO' }))
  })

  it('names a missing file', async () => {
    expect(await readJsonLines('/nowhere/log', Point)()).toMatchObject(E.left({ place: '/nowhere/log' }))
  })
})

it('appendDurably appends a line, and brings it onto the device', async () => {
  const folder = await temporaryFolder()
  const [file, names] = [vi.spyOn(machineDisk, 'syncFile'), vi.spyOn(machineDisk, 'syncFolder')]
  onTestFinished(() => {
    file.mockRestore()
    names.mockRestore()
  })
  for (const x of [1, 2]) await orThrow(appendDurably(join(folder, 'log.jsonl'), { x }))
  expect(await readFile(join(folder, 'log.jsonl'), 'utf8')).toBe('{"x":1}\n{"x":2}\n')
  expect(file.mock.calls).toEqual([[join(folder, 'log.jsonl')], [join(folder, 'log.jsonl')]])
  expect(names.mock.calls).toEqual([[folder], [folder]])
  expect(await appendDurably('/nowhere/log.jsonl', 1)()).toMatchObject(E.left({ _tag: 'FileError' }))
})
