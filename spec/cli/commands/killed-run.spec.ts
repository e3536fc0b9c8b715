import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openWatcher } from '../../dashboard/server/test-dashboard.js'
import { entrainHere, entrainWithNotesHere } from '../in-process.js'
import { entrain, expectMessage, PATIENCE, printed, start, type Started, workshop } from '../process.js'

const { at, base } = workshop()
const small = '--group 4 --evaluation-prompts 4 --evaluation-samples 2 --engine onnx'.split(' ')

/** Starts a run that goes on until it is killed, and waits for a text that it prints. */
const startRun = async (folder: string, until: RegExp, ...more: readonly string[]): Promise<Started> => {
  const run = start([
    'train',
    '--model',
    base(),
    '--out',
    at(folder),
    '--steps',
    '100000',
    '--prompts',
    '256',
    ...small,
    ...more,
  ])
  onTestFinished(() => void run.child.kill('SIGKILL'))
  await printed(run, until)
  return run
}
const kill = async (run: Started): Promise<void> => {
  run.child.kill('SIGKILL')
  await run.ended
}
const summaryOf = async (folder: string) =>
  JSON.parse(await readFile(at(folder, 'summary.json'), 'utf8')) as Readonly<Record<string, unknown>>

describe('a run that is killed by force', { timeout: PATIENCE }, () => {
  it('does not claim to be finished, and ends the commands that watch it', async () => {
    const run = await startRun('killed', /^step +1\//m)
    expect(await summaryOf('killed')).toMatchObject({ status: 'running', planned: 100_000, base: { prompts: 4 } })
    const watching = start(['watch', '--terminal', at('killed')])
    await printed(watching, /^step +1\//m)
    await kill(run)
    expectMessage(
      await watching.ended,
      1,
      /killed: interrupted, no sign of life since .*: \d+ of 100000 steps are in its logs$/m,
    )
    expectMessage(
      await entrainHere('watch', '--terminal', at('killed')),
      1,
      /killed: interrupted, no sign of life since /,
    )
    expect(await summaryOf('killed')).toMatchObject({ status: 'running' })
  })

  it('is shown as interrupted by the dashboard, which stays', async () => {
    const run = await startRun('seen', /^step +1\//m)
    const watching = start(['watch', '--port', '0', at('seen')])
    onTestFinished(() => void watching.child.kill('SIGKILL'))
    let text = ''
    watching.child.stdout?.on('data', (chunk) => (text += String(chunk)))
    await printed(watching, /dashboard http:\S+\n/)
    const url = new URL(/dashboard (http:\S+)\n/.exec(text)![1]!)
    const page = await openWatcher(url, undefined, url.hash.slice(1))
    const noted = printed(watching, /seen: interrupted, no sign of life since /)
    await page.until((event) => event.event === 'state' && event.state.status === 'running')
    await kill(run)
    const events = await page.until((event) => event.event === 'state' && event.state.status === 'interrupted')
    expect(events.at(-1)).toMatchObject({ state: { lastSign: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string } })
    await noted
    expect(watching.child.exitCode).toBeNull()
    watching.child.kill('SIGINT')
    await once(watching.child, 'exit')
  })

  it('leaves its name to no other run, unless it had written nothing', async () => {
    const run = await startRun('named', /^run folder /m)
    const again = () =>
      entrainHere('train', '--model', base(), '--out', at('named'), '--steps', '1', '--prompts', '4', ...small)
    expectMessage(await again(), 1, /named: found a folder with \d+ entries, expected no folder, or an empty one/)
    await kill(run)
    expectMessage(await again(), 1, /named: found a folder with \d+ entries, expected no folder, or an empty one/)
    await kill(await startRun('measured', /^measuring the entropy /m, '--entropy-band', 'auto'))
    expect(existsSync(at('measured', 'config.yaml'))).toBe(false)
    expect(existsSync(at('measured', 'run.lock'))).toBe(true)
    const next = ['--out', at('measured'), '--steps', '1', '--prompts', '4']
    await entrainWithNotesHere('train', '--model', base(), ...next, ...small)
    expect(existsSync(at('measured', 'run.lock'))).toBe(false)
  })
})

describe('processes that start with one folder', { timeout: PATIENCE }, () => {
  const ended: Awaited<ReturnType<typeof entrain>>[] = []
  beforeAll(async () => {
    const run = (...more: readonly string[]) =>
      entrain('train', '--model', base(), '--out', at('shared'), '--steps', '1', '--prompts', '4', ...small, ...more)
    ended.push(...(await Promise.all([run(), run('--entropy-band', 'auto'), run()])))
  }, PATIENCE)

  it('never share it, also if the band is measured first', async () => {
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1, 1])
    expect((await readFile(at('shared', 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(1)
    for (const refused of ended.filter(({ code }) => code === 1))
      expectMessage(refused, 1, /shared: found a folder with \d+ entries, expected no folder, or an empty one/)
  })

  it('are refused before anything is measured', () => {
    for (const { code, stderr } of ended) if (code === 1) expect(stderr).not.toContain('measuring')
  })
})
