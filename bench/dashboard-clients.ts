import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openDashboard } from '../dashboard/server/open-dashboard.js'
import { linearBand } from '../lib/entropy/schedule/linear.js'
import { orThrow } from '../lib/or-throw.js'
import { runFiles } from '../lib/run/run-folder.js'
import type { Cell, Table } from './bench.js'

/** Finished steps of the run. */
const STEPS = 100_000
/** Length of a line of metrics. @units bytes */
const LINE = 1200
const CLIENTS = 200

/** Measures how long clients take to get the whole feed of a long run, and the longest stall of the server meanwhile. */
export const measureClients = async (): Promise<Table> => {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-'))
  const lines = Array.from({ length: STEPS }, (_, step) => JSON.stringify({ step, text: '' }).padEnd(LINE))
  await writeFile(join(folder, runFiles.metrics), `${lines.join('\n')}\n`)
  const band = linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 }, steps: STEPS })
  const about = { name: 'long', heading: 'a long run', planned: STEPS, band }
  const { url, close } = await orThrow(openDashboard({ runs: [{ folder, about, control: null }] }))
  const cold = await measure(new URL(url), 1)
  const one = await measure(new URL(url), 1)
  const many = await measure(new URL(url), CLIENTS)
  await close()
  await rm(folder, { recursive: true })
  const row = (name: string, { seconds, bytes, stall }: typeof one): readonly Cell[] => [
    name,
    bytes / 1e6,
    seconds,
    seconds / one.seconds,
    stall,
  ]
  return {
    title: `Clients that open the feed of a run with ${STEPS} steps, in the process of the server`,
    heading: ['clients', 'MB each', 's', 'ratio to one', 'longest stall, s'],
    rows: [row('1, which reads the log', cold), row('1', one), row(String(CLIENTS), many)],
  }
}

const measure = async (url: URL, count: number) => {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  const bytes = await Promise.all(Array.from({ length: count }, () => readFeed(url)))
  const seconds = (performance.now() - start) / 1000
  delay.disable()
  return { seconds, bytes: bytes[0]!, stall: delay.max / 1e9 }
}

/** Reads the feed up to the last step. Returns its size. @units bytes */
const readFeed = (url: URL): Promise<number> =>
  new Promise((resolve, reject) => {
    let bytes = 0
    let tail = ''
    const last = `{"step":${STEPS - 1},"text"`
    const socket = connect(Number(url.port), url.hostname)
    socket.once('error', reject)
    socket.on('data', (data: Buffer) => {
      bytes += data.length
      tail = tail.slice(-last.length) + data.toString('latin1')
      if (!tail.includes(last)) return
      socket.destroy()
      resolve(bytes)
    })
    socket.write(`GET /api/feed?token=${url.hash.slice(1)} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`)
  })
