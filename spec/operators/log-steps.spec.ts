import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { from, lastValueFrom } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { countdown } from '#lib/task/countdown/index.js'
import { logSteps } from '#operators/log-steps.js'
import { secondsOf, timedStep } from '../lib/run/reports.js'
import { temporaryFolder } from '../lib/run/temporary.js'
import { keepsTheLaws } from './laws.js'

const { tokenizer } = countdown()
const steps = [timedStep(0, 0.5), timedStep(1, 0.55)]

describe('logSteps', () => {
  describe('laws', () => {
    const folder = mkdtempSync(join(tmpdir(), 'entrain-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    keepsTheLaws({
      operator: () => logSteps(folder, { tokenizer }),
      reactions: steps.map((step) => ({ input: step, outputs: [step] })),
      callbacks: {
        eventsAt: (eventsAt) => logSteps(folder, { tokenizer, eventsAt }),
        tokenizer: (decode) => logSteps(folder, { tokenizer: { ...tokenizer, decode } }),
      },
    })
  })

  it('writes one line of each log for each step', async () => {
    const folder = await temporaryFolder()
    await lastValueFrom(from(steps).pipe(logSteps(folder, { tokenizer })))
    const linesOf = async (file: string) => (await readFile(join(folder, file), 'utf8')).trim().split('\n')
    for (const file of ['metrics.jsonl', 'rollouts.jsonl', 'timings.jsonl']) expect(await linesOf(file)).toHaveLength(2)
    expect((await linesOf('timings.jsonl')).map((line): unknown => JSON.parse(line))).toEqual([
      secondsOf(0),
      secondsOf(1),
    ])
  })

  it('names the log that cannot be opened', async () => {
    const folder = await temporaryFolder()
    mkdirSync(join(folder, 'rollouts.jsonl'))
    await expect(lastValueFrom(from(steps).pipe(logSteps(folder, { tokenizer })))).rejects.toMatchObject({
      _tag: 'FileError',
      place: join(folder, 'rollouts.jsonl'),
      cause: { code: 'EISDIR' },
    })
  })
})
