import { appendFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NEVER, Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { watchInTerminal } from '#cli/watching/watch-terminal.js'
import { watchRun } from '#dashboard/server/watched-run.js'
import { orThrow } from '#lib/or-throw.js'
import { writeRunServers } from '#lib/run/run-servers.js'
import { claimRun } from '#lib/run/run-lock.js'
import { stepRollouts } from '#lib/run/step-rollouts.js'
import { linesOf, runToWatch } from '../../dashboard/server/test-dashboard.js'
import { startHolder } from '../../lib/run/lock-holder.js'
import { loggedStep, reportOf } from '../../lib/run/reports.js'
import { PATIENCE } from '../../patience.js'
import { fakeTerminal } from '../fake-terminal.js'
import { temporaryFolder } from '../../lib/run/temporary.js'

const decode = (ids: ArrayLike<number>) => Array.from(ids, (id) => `<${id}>`).join('')
const estimate = { value: 0.5, low: 0.4, high: 0.6 }
const evaluation = {
  prompts: 8,
  samples: 16,
  meanAtK: estimate,
  passAtK: { '2': estimate },
  majAtK: null,
  meanTokens: 5,
  truncated: 0.125,
}
const summary = (status: string, trained: unknown) =>
  JSON.stringify({
    task: 'countdown',
    algorithm: 'grpo',
    seed: 1,
    engine: 'onnx',
    status,
    planned: 4,
    steps: 2,
    skipped: 0,
    inBandShare: 1,
    stepSeconds: 2,
    secondsByStage: { sample: 1, score: 1, update: 1, operators: 1, total: 4 },
    base: evaluation,
    trained,
  })

const watched = async (interactive: boolean, stop$ = new Subject<void>()) => {
  const folder = await temporaryFolder()
  let text = ''
  const notes: string[] = []
  const terminal = fakeTerminal({
    interactive,
    progress: (more) => void (text += more),
    note: (note) => void notes.push(note),
  })
  const run = watchRun({ ...runToWatch(folder), about: { ...runToWatch(folder).about, planned: 4 } })
  return {
    folder,
    stop$,
    notes,
    text: () => text,
    step: async (step: number, entropy = 0.5) => {
      const { metrics, seconds } = loggedStep(step, entropy)
      await appendFile(join(folder, 'metrics.jsonl'), linesOf([metrics]))
      await appendFile(
        join(folder, 'rollouts.jsonl'),
        linesOf([stepRollouts(reportOf(step, entropy), { decode } as never)]),
      )
      await appendFile(join(folder, 'timings.jsonl'), linesOf([seconds]))
    },
    ends: (status: string, trained: unknown) => writeFile(join(folder, 'summary.json'), summary(status, trained)),
    begin: () => watchInTerminal(run, terminal, stop$),
  }
}

describe('watchInTerminal', { timeout: PATIENCE }, () => {
  it('prints to a pipe the lines that training prints, from the first step until the run is over', async () => {
    const { begin, step, ends, text, folder } = await watched(false)
    await step(0)
    const over = begin()
    await vi.waitFor(() => expect(text()).toContain('step 1/4'), PATIENCE)
    await step(1)
    await vi.waitFor(() => expect(text()).toContain('step 2/4'), PATIENCE)
    await orThrow(claimRun(folder, () => 0))
    await ends('saving', null)
    await step(2)
    await vi.waitFor(() => expect(text()).toContain('step 3/4'), PATIENCE)
    await ends('finished', evaluation)
    expect(await over).toMatchObject({ end: 'over', summary: { status: 'finished', trained: evaluation } })
    const tail =
      'entropy 0.500 · inside [0.500, 0.600]  reward 0.250  13% correct  25% truncated  accepted 6 of 8  2.00 s'
    expect(text().split('\n')).toEqual([
      `step 1/4  ${tail}`,
      '  sample: 3 4 5 = 17 → <3><4> (correct, reward 1)',
      `step 2/4  ${tail}`,
      `step 3/4  ${tail}`,
      '',
    ])
  })

  it.each(['interrupted', 'failed'])(
    'shows all steps of a run that was %s, and gives what it came to',
    async (status) => {
      const { begin, step, ends, text } = await watched(false)
      for (const at of [0, 1, 2]) await step(at)
      await ends(status, null)
      expect(await begin()).toMatchObject({ end: 'over', summary: { status } })
      expect(text().match(/step \d/g)).toEqual(['step 1', 'step 2', 'step 3'])
    },
  )

  it('ends when the process of the run is gone, with the steps that it logged', async () => {
    const { begin, step, ends, text, folder } = await watched(false)
    const holder = await startHolder(folder)
    await ends('running', null)
    await step(0)
    const over = begin()
    await vi.waitFor(() => expect(text()).toContain('step 1/4'), PATIENCE)
    await holder.kill()
    expect(await over).toEqual({ end: 'gone', lastSign: expect.any(Date) as unknown, steps: 1 })
  })

  it('begins again when the run was resumed, because its logs were cut', async () => {
    const { begin, step, ends, text, notes, folder } = await watched(false)
    const logs = ['metrics', 'timings', 'rollouts'].map((log) => join(folder, `${log}.jsonl`))
    await step(0)
    const sizes = await Promise.all(logs.map(async (log) => (await stat(log)).size))
    await step(1)
    const over = begin()
    await vi.waitFor(() => expect(text()).toContain('step 2/4'), PATIENCE)
    await Promise.all(logs.map((log, i) => truncate(log, sizes[i])))
    await appendFile(join(folder, 'resumptions.jsonl'), '{"step":1,"time":0,"changed":[]}\n')
    for (const at of [1, 2, 3]) await step(at, 0.5625)
    await ends('failed', null)
    expect(await over).toMatchObject({ end: 'over', summary: { status: 'failed' } })
    expect(text().match(/step \d.* entropy \d\.\d+/g)).toEqual([
      'step 1/4  entropy 0.500',
      'step 2/4  entropy 0.500',
      'step 1/4  entropy 0.500',
      'step 2/4  entropy 0.563',
      'step 3/4  entropy 0.563',
      'step 4/4  entropy 0.563',
    ])
    expect(notes).toEqual([`${folder}: the run was resumed or replaced: all its steps follow`])
  })

  it('redraws the latest state in a terminal, without the steps before it', async () => {
    const { begin, step, ends, text } = await watched(true)
    for (const at of [0, 1, 2]) await step(at)
    await ends('interrupted', null)
    await begin()
    expect(text().match(/step \d of 4/g)).toEqual(['step 3 of 4'])
    expect(text()).toContain('sample     3 4 5 = 17 → <3><4> (correct, reward 1)')
  })

  it('redraws the servers of a run when they change', async () => {
    const { begin, step, text, stop$, folder } = await watched(true)
    await step(0)
    const server = {
      name: 'http://a',
      work: 'samples',
      state: 'ready',
      version: 1,
      tokensPerSecond: 50,
      waiting: 4,
    } as const
    await orThrow(writeRunServers(folder, [server]))
    const over = begin()
    await vi.waitFor(() => expect(text()).toContain('1 of 1 alive, 50 tokens/s, 4 prompts waiting'), PATIENCE)
    await orThrow(writeRunServers(folder, [{ ...server, state: 'away', fault: 'POST http://a: found no route' }]))
    await vi.waitFor(() => expect(text()).toContain('0 of 1 alive'), PATIENCE)
    expect(text()).toContain('POST http://a: found no route')
    stop$.next()
    await over
  })

  it('waits for a run that has not begun, and ends when stop$ emits', async () => {
    const { begin, text, stop$ } = await watched(true)
    const over = begin()
    await vi.waitFor(() => expect(text()).toContain('the first step is running'), PATIENCE)
    stop$.next()
    expect(await over).toBeNull()
  })

  it('shows a step when both logs contain it', async () => {
    const { begin, folder, ends, text } = await watched(false)
    const { metrics } = loggedStep(0, 0.5)
    await appendFile(join(folder, 'metrics.jsonl'), linesOf([metrics]))
    await ends('failed', null)
    await begin()
    expect(text()).toBe('')
  })

  it('names the line of a log that cannot be read', async () => {
    const { begin, step, folder } = await watched(false, NEVER as never)
    await step(0)
    await appendFile(join(folder, 'metrics.jsonl'), '{"step":1}\n')
    await expect(begin()).rejects.toThrow(`${join(folder, 'metrics.jsonl')}:2, version: found `)
  })
})
