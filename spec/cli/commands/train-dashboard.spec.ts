import { describe, expect, it, onTestFinished } from 'vitest'
import { openWatcher, requestFeed, sendRequest } from '../../dashboard/server/test-dashboard.js'
import { PATIENCE, printed, start, type Started, workshop } from '../process.js'

const { at, base } = workshop()

/** Starts a run of four steps with a dashboard. It begins with an evaluation, in which a page has time to connect. */
const startRun = (folder: string, ...more: readonly string[]): Started => {
  const sizes = '--steps 4 --prompts 2 --group 2 --evaluation-prompts 4 --evaluation-samples 1 --engine onnx'.split(' ')
  const dashboard = ['--dashboard', '--port', '0', ...more]
  const run = start(['train', '--model', base(), '--out', at(folder), ...sizes, ...dashboard])
  onTestFinished(() => void run.child.kill('SIGKILL'))
  return run
}

/** Address of the dashboard, as soon as it is printed. */
const addressOf = async (run: Started): Promise<URL> => {
  let text = ''
  run.child.stderr?.on('data', (chunk) => (text += String(chunk)))
  const address = /dashboard (http:\S+)\n/
  await printed(run, address)
  return new URL(address.exec(text)![1]!)
}
const tokenOf = ({ hash }: URL) => hash.slice(1)

describe('the dashboard after a run', { timeout: PATIENCE }, () => {
  it('stays until the last page is closed: all lines, the last rollouts, other steps and a reload', async () => {
    const run = startRun('watched', '--linger', '3600')
    const url = await addressOf(run)
    const page = await openWatcher(url, undefined, tokenOf(url))
    const ended = printed(run, /Everything is in /)
    const events = await page.until(({ event }) => event === 'rollouts')
    expect(events.at(-1)).toMatchObject({ run: 0, rollouts: { step: 3 } })
    await ended
    page.socket.destroy()
    // The reload begins after the page has left.
    const reloaded = await openWatcher(url, undefined, tokenOf(url))
    expect((await sendRequest(url, '/')).status).toBe(200)
    const again = await reloaded.until(({ event }) => event === 'rollouts')
    expect(again.filter(({ event }) => event === 'state').at(-1)).toMatchObject({ state: { status: 'finished' } })
    const headers = { authorization: `Bearer ${tokenOf(url)}` }
    for (const step of [0, 1, 2, 3])
      expect(JSON.parse((await sendRequest(url, `/api/runs/0/rollouts/${step}`, { headers })).body)).toMatchObject({
        step,
      })
    reloaded.socket.destroy()
    expect(await run.ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        // The server may see the end of the first page only after the second has opened.
        new RegExp(
          `\n(1 page|2 pages) of the dashboard open: it stays for at most 3600 s, or until Ctrl-C; entrain watch ${at('watched')} opens it again\n`,
        ),
      ) as string,
    })
  })

  it('shows the run as finished while it is compared with another algorithm, and stays for the page', async () => {
    const run = startRun('compared', '--linger', '3600', '--compare', 'grpo')
    const url = await addressOf(run)
    const ended = printed(run, /Everything is in /)
    const page = await openWatcher(url, undefined, tokenOf(url))
    const events = await page.until(({ event }) => event === 'rollouts')
    expect(events.at(-1)).toMatchObject({ run: 0, rollouts: { step: 3 } })
    expect(events.filter(({ event }) => event === 'state').at(-1)).toMatchObject({ state: { status: 'finished' } })
    await ended
    page.socket.destroy()
    const { code, stdout } = await run.ended
    expect(code).toBe(0)
    expect(stdout).toContain('against grpo: mean@1 ')
  })

  it('stops at once without a page', async () => {
    const run = startRun('alone', '--linger', '3600')
    await addressOf(run)
    const { code, stderr } = await run.ended
    expect(code).toBe(0)
    expect(stderr).not.toContain('opens it again')
  })

  it('stops at Ctrl-C, with the exit code of the run', async () => {
    const run = startRun('left', '--linger', '3600')
    const url = await addressOf(run)
    const page = await openWatcher(url, undefined, tokenOf(url))
    let stderr = ''
    const staying = new Promise<void>((resolve) => {
      run.child.stderr?.on('data', (chunk) => {
        stderr += String(chunk)
        if (stderr.includes('opens it again')) resolve()
      })
    })
    await page.until(({ event }) => event === 'rollouts')
    await staying
    run.child.kill('SIGINT')
    expect(await run.ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/closing the dashboard\n$/) as string,
    })
    await page.rest()
  })

  it('is not held for ever by a page that reads nothing', async () => {
    const run = startRun('hung', '--linger', '1')
    const url = await addressOf(run)
    const socket = await requestFeed(url, tokenOf(url))
    onTestFinished(() => void socket.destroy())
    expect(await run.ended).toMatchObject({ code: 0 })
  })
})
