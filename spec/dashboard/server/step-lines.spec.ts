import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createStepLines } from '#dashboard/server/step-lines.js'
import { temporaryFolder } from '../../lib/run/temporary.js'

const line = (step: number) => JSON.stringify({ step, rollouts: [{ prompt: `é${'x'.repeat(step)}` }] })

describe('createStepLines', () => {
  it('finds the line of a step, also if it is written later', async () => {
    const file = join(await temporaryFolder(), 'log')
    const at = createStepLines(file)
    expect(await at(0)).toBeNull()
    await writeFile(file, `${line(0)}\n${line(3)}\n`)
    expect(await at(3)).toBe(line(3))
    expect(await at(0)).toBe(line(0))
    expect(await at(1)).toBeNull()
    await appendFile(file, `${line(4)}\n${line(5)}`)
    expect(await at(4)).toBe(line(4))
    expect(await at(5)).toBeNull()
    await appendFile(file, '\n')
    expect(await at(5)).toBe(line(5))
  })

  it('answers many requests at the same time', async () => {
    const file = join(await temporaryFolder(), 'log')
    const steps = Array.from({ length: 2000 }, (_, step) => step)
    await writeFile(file, steps.map((step) => `${line(step)}\n`).join(''))
    const at = createStepLines(file)
    expect(await Promise.all(steps.map(at))).toEqual(steps.map(line))
  })

  it('skips lines without a step', async () => {
    const file = join(await temporaryFolder(), 'log')
    await writeFile(file, `\n{"steps":1}\nx{"step":1}\n{"step":12345678901234567890123456789}\n${line(1)}\n`)
    expect(await createStepLines(file)(1)).toBe(line(1))
  })
})
