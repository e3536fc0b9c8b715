import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { risesOf, soak } from '#bench/soak/index.js'
import { PATIENCE, workshop } from '../cli/process.js'

const { at, base } = workshop()

const riseOf = (...values: readonly number[]) => risesOf(values.map((gauge) => ({ gauge })))[0]!.rise

it('the rise of a gauge is that of its line, relative to its median', () => {
  expect(riseOf(5, 5, 5)).toBe(0)
  expect(riseOf(99, 100, 101)).toBeCloseTo(0.02)
  expect(riseOf(101, 100, 99)).toBeCloseTo(-0.02)
  // A reading during an evaluation does not make a rise.
  expect(riseOf(100, 100, 100, 100, 100, 180)).toBe(0)
})

it('a soak reads the gauges of a run between its steps, and stops the run', { timeout: PATIENCE }, async () => {
  const sizes = { prompts: '2', group: '2', 'evaluation-prompts': '2', 'evaluation-samples': '2' }
  const flags = { steps: '1000000', ...sizes, engine: 'onnx', threads: '1', model: base() }
  const lines: string[] = []
  const readings = await soak({ ...flags, 'entropy-band': '0,9', 'checkpoint-every': '2' }, at('run'), {
    minutes: 2,
    minute: 100,
    print: (line) => lines.push(line),
  })
  expect(readings).toHaveLength(2)
  expect(lines[1]).toMatch(/^minute 2: {2}resident MB \d/)
  for (const gauges of readings) {
    expect(Object.values(gauges).every((value) => value > 0)).toBe(true)
    expect(gauges['heap MB']).toBeLessThan(gauges['resident MB']!)
    // The parameters and both moments, and nothing of a batch.
    expect(gauges['tensors']).toBe(readings[0]!['tensors'])
  }
  expect(readFileSync(at('run', 'summary.json'), 'utf8')).toContain('"status": "interrupted"')
})
