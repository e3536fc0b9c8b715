import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { writeFigure } from '#lib/plot/write-figure.js'
import { temporaryFolder } from '../run/temporary.js'
import { curveOf, runOf } from './runs.js'

const curves = [curveOf(runOf('grpo <1> & more', [0.6, 0.5, 0.4]))]

/** CRC of the PNG specification, computed bit by bit. */
const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

const chunksOf = (png: Buffer) => {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const end = at + 8 + png.readUInt32BE(at)
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)))
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, end))
    at = end + 4
  }
  return chunks
}

describe('writeFigure', () => {
  it('writes an SVG in print size, with outlined text and a description', async () => {
    const file = join(await temporaryFolder(), 'figure.svg')
    expect(await writeFigure(file, curves, { panels: ['score', 'entropy'] })()).toEqual(E.right(undefined))
    const svg = await readFile(file, 'utf8')
    expect(svg).toMatch(/^<svg width="504pt" height="\d+pt" viewBox="0 0 504 \d+"/)
    expect(svg).toContain('<desc>(a) Score; (b) Policy entropy; grpo &lt;1> &amp; more</desc>')
    expect(svg).not.toMatch(/<text|font-family/)
    const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false } }).render()
    expect(new Set(new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.byteLength / 4)).size).toBeGreaterThan(20)
  })

  it.each([
    ['double', 2100],
    ['single', 1021],
  ] as const)(
    'writes a PNG of a %s column with a recorded resolution of 300 pixels per inch',
    async (width, pixels) => {
      const file = join(await temporaryFolder(), 'figure.png')
      await writeFigure(file, curves, { width })()
      const chunks = chunksOf(await readFile(file))
      expect([...chunks.keys()]).toEqual(['IHDR', 'pHYs', 'IDAT', 'IEND'])
      expect(chunks.get('IHDR')!.readUInt32BE(0)).toBe(pixels)
      const density = chunks.get('pHYs')!
      expect(density.readUInt32BE(0) * 0.0254).toBeCloseTo(300, 1)
      expect([density.readUInt32BE(4) * 0.0254, density[8]]).toEqual([density.readUInt32BE(0) * 0.0254, 1])
    },
  )

  it('rejects another file extension, and names a file that it cannot write', async () => {
    expect(await writeFigure('figure.pdf', curves)()).toMatchObject(E.left({ expected: '.svg or .png' }))
    expect(await writeFigure('/nowhere/figure.svg', curves)()).toMatchObject(E.left({ place: '/nowhere/figure.svg' }))
  })
})
