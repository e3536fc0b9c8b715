import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Portion, readLines } from '#dashboard/server/read-lines.js'
import { temporaryFolder } from '../../lib/run/temporary.js'

const portion: Portion = { lines: 500, bytes: 2 ** 18 }

/** Reads all complete lines from a position on, portion by portion. */
const readAll = async (file: string, start: number, by: Portion) => {
  const portions: string[] = []
  for (let next = start; ;) {
    const lines = await readLines(file, next, by)
    if (lines.next === next) return { portions, next }
    portions.push(lines.bytes.toString())
    next = lines.next
  }
}

describe('readLines', () => {
  it('returns complete lines, and the position of the next', async () => {
    const file = join(await temporaryFolder(), 'log')
    await writeFile(file, 'one\ntwo\nthr')
    expect(await readLines(file, 0, portion)).toEqual({ bytes: Buffer.from('one\ntwo\n'), next: 8 })
    expect(await readLines(file, 8, portion)).toEqual({ bytes: Buffer.alloc(0), next: 8 })
    await appendFile(file, 'ee\n')
    expect(await readLines(file, 8, portion)).toEqual({ bytes: Buffer.from('three\n'), next: 14 })
  })

  it('returns no lines of a missing file', async () => {
    const folder = await temporaryFolder()
    const none = { bytes: Buffer.alloc(0), next: 0 }
    expect(await readLines(join(folder, 'log'), 3, portion)).toEqual(none)
    await writeFile(join(folder, 'log'), 'one\n')
    expect(await readLines(join(folder, 'log', 'log'), 3, portion)).toEqual(none)
    await rm(join(folder, 'log'))
    expect(await readLines(join(folder, 'log'), 3, portion)).toEqual(none)
  })

  it('begins again when the file has become shorter', async () => {
    const file = join(await temporaryFolder(), 'log')
    await writeFile(file, 'one\ntwo\n')
    expect((await readLines(file, 0, portion)).next).toBe(8)
    await writeFile(file, 'other\n')
    expect(await readLines(file, 8, portion)).toEqual({ bytes: Buffer.alloc(0), next: 0 })
  })

  it('rejects with other errors of the file system', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'log'))
    await expect(readLines(join(folder, 'log'), 0, portion)).rejects.toThrow('EISDIR')
  })

  it('returns a line that is longer than the portion', async () => {
    const file = join(await temporaryFolder(), 'log')
    const long = `${'x'.repeat(1000)}\n`
    await writeFile(file, `${long}short\n`)
    expect((await readLines(file, 0, { lines: 5, bytes: 16 })).bytes.toString()).toMatch(/^x{1000}\n/)
  })

  it('rejects a line that is too long', async () => {
    const file = join(await temporaryFolder(), 'log')
    await writeFile(file, Buffer.alloc(2 ** 26 + 10, 'x'))
    await expect(readLines(file, 0, portion)).rejects.toThrow(
      `${file}: found more than ${2 ** 26} bytes without a line end from byte 0, expected a log of a run`,
    )
  })

  it('returns the same complete lines for every way to write and to read them', async () => {
    const folder = await temporaryFolder()
    const pieces = fc.array(fc.stringMatching(/^[a-zé😀\n]{0,12}$/u), { maxLength: 12 })
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 20 }),
        async (texts, lines, bytes) => {
          const file = join(folder, String(count++))
          const read: string[] = []
          let next = 0
          // A reader may find a character of several bytes half written.
          const written = Buffer.from(texts.join(''))
          for (let at = 0; at < written.length;) {
            const size = 1 + (texts[at % texts.length]!.length % 5)
            await appendFile(file, written.subarray(at, (at += size)))
            const more = await readAll(file, next, { lines, bytes })
            read.push(...more.portions)
            next = more.next
          }
          const whole = texts.join('').slice(0, texts.join('').lastIndexOf('\n') + 1)
          expect(read.join('')).toBe(whole)
          for (const portion of read) {
            const [first = ''] = portion.split(/(?<=\n)/)
            expect(portion.split('\n').length - 1).toBeLessThanOrEqual(lines)
            expect(Buffer.byteLength(portion)).toBeLessThanOrEqual(Math.max(bytes, 2 * Buffer.byteLength(first)))
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
