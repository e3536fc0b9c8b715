import { describe, expect, it } from 'vitest'
import {
  createTestControl,
  sendRequest,
  authorization,
  openTestDashboard,
  runFolder,
  runToWatch,
} from './test-dashboard.js'

const points = (count: number) => Array.from({ length: count }, (_, step) => ({ step, band: { low: 0.4, high: 0.5 } }))
const steer = (points: unknown) => JSON.stringify({ command: 'steer', points })
const headers = { ...authorization, 'content-type': 'application/json' }

const openRun = async () => {
  const control = createTestControl()
  const { at } = await openTestDashboard([runToWatch(await runFolder(1), control), runToWatch(await runFolder(1))])
  const send = (body: string, more: Readonly<Record<string, string>> = {}, run = '0') =>
    sendRequest(at, `/api/runs/${run}/commands`, { method: 'POST', body, headers: { ...headers, ...more } })
  return { at, control, send }
}

describe('commands', () => {
  it('reach the run unchanged', async () => {
    const { control, send } = await openRun()
    const bodies = [
      ...['pause', 'resume', 'release', 'stop'].map((command) => JSON.stringify({ command })),
      steer(points(1000)),
    ]
    for (const body of bodies) expect(await send(body)).toMatchObject({ status: 204, body: '' })
    expect(control.executed).toEqual(bodies.map((body) => JSON.parse(body) as unknown))
  })

  it('may name their character set', async () => {
    const { send } = await openRun()
    expect((await send('{"command":"pause"}', { 'content-type': 'application/json; charset=utf-8' })).status).toBe(204)
  })

  it.each([
    ['', 'body: found "", expected JSON'],
    ['{', 'body: found "{", expected JSON'],
    ['null', 'command: found nothing, expected one of steer, release, pause, resume, stop'],
    ['[]', 'command: found nothing, expected one of steer, release, pause, resume, stop'],
    ['{"command":"start"}', 'command: found "start", expected one of steer, release, pause, resume, stop'],
    ['{"command":{"a":1}}', 'command: found {"a":1}, expected one of steer, release, pause, resume, stop'],
    ['{"command":"__proto__"}', 'command: found "__proto__", expected one of steer, release, pause, resume, stop'],
    ['{"command":"steer"}', 'points: found nothing, expected waypoints'],
    [steer('x'), 'points: found "x", expected waypoints'],
    [steer([{ step: 'x', band: { low: 0, high: 1 } }]), 'points.0.step: found "x", expected number'],
    [steer([{ step: 1 }]), 'points.0.band: found nothing, expected a band: low and high'],
    [steer([{ step: 1, band: { low: 2, high: 1 } }]), /^points\.0\.band: found low 2 and high 1, expected /],
    [steer([{ step: 1, band: { low: 0, high: null } }]), 'points.0.band.high: found null, expected number'],
    [steer([...points(2), ...points(1)]), /^points: found steps \[0, 1, 0\], expected whole numbers from 0/],
    [steer([{ step: 0.5, band: { low: 0, high: 1 } }]), /^points: found steps \[0\.5\], expected /],
    [steer(points(1001)), 'points: found 1001, expected at most 1000'],
    ['['.repeat(60_000), /^body: found "\[\[.*", expected JSON$/],
    [
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      'command: found nothing, expected one of steer, release, pause, resume, stop',
    ],
    [
      `{"command":"steer","points":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      /^points\.0: found an array of 1, expected /,
    ],
    [`{"command":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`, /^command: found an object, expected /],
  ])('are rejected with the reason: %#', async (body, error) => {
    const { control, send } = await openRun()
    const answer = await send(body)
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(JSON.parse(answer.body)).toEqual({
      error: typeof error === 'string' ? error : (expect.stringMatching(error) as string),
    })
    expect(control.executed).toEqual([])
  })

  it('that a run refuses are rejected with the message of the run', async () => {
    const control = {
      ...createTestControl(),
      execute: () => {
        throw new RangeError('piecewise: found no points, expected at least one')
      },
    }
    const { at } = await openTestDashboard([runToWatch(await runFolder(1), control)])
    expect(await sendRequest(at, '/api/runs/0/commands', { method: 'POST', body: steer([]), headers })).toMatchObject({
      status: 400,
      body: '{"error":"piecewise: found no points, expected at least one"}',
    })
  })

  it('are limited in length, with and without a content length', async () => {
    const { at, control, send } = await openRun()
    const long = `{"command":"pause","x":"${'x'.repeat(2 ** 16)}"}`
    expect(await send(long)).toMatchObject({
      status: 413,
      body: '{"error":"body: found more than 65536 bytes, expected fewer"}',
    })
    expect((await send(long, { 'transfer-encoding': 'chunked' })).status).toBe(413)
    expect(
      (await send('{"command":"pause"}', { 'content-length': String(2 ** 40) }).catch(() => ({ status: 413 }))).status,
    ).toBe(413)
    expect(control.executed).toEqual([])
    expect((await sendRequest(at, '/')).status).toBe(200)
  })

  it('need the content type of JSON, which a form cannot send', async () => {
    const { control, send } = await openRun()
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonx',
      '',
    ])
      expect((await send('{"command":"stop"}', { 'content-type': type })).status).toBe(415)
    expect(control.executed).toEqual([])
  })

  it('are accepted by POST only', async () => {
    const { at, control } = await openRun()
    const statuses = []
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'])
      statuses.push((await sendRequest(at, '/api/runs/0/commands', { method, headers })).status)
    expect(statuses).toEqual([405, 405, 405, 405, 405, 405])
    expect(control.executed).toEqual([])
  })

  it('are rejected for a run that is only watched, and for a missing run', async () => {
    const { send } = await openRun()
    expect(await send('{"command":"stop"}', {}, '1')).toMatchObject({
      status: 409,
      body: '{"error":"run: found one that is only watched, expected one that can be steered"}',
    })
    for (const run of ['2', '-1', '0x0', '1e0', '99999999999999999999', 'length', '%30%30'])
      expect([run, (await send('{"command":"stop"}', {}, run)).status]).toEqual([run, run === '%30%30' ? 204 : 404])
  })
})
