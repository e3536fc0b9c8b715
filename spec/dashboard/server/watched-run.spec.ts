import { appendFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NEVER, ReplaySubject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { FeedEvent } from '#dashboard/feed.js'
import { createSharedFeed, type SharedFeed } from '#dashboard/server/shared-feed.js'
import { watchRun } from '#dashboard/server/watched-run.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { range, runToWatch } from './test-dashboard.js'

/** Lines of a log. Those of another attempt have other lengths. */
const lines = (from: number, to: number, attempt: string): string =>
  range(to - from)
    .map((i) => `${JSON.stringify({ step: from + i, attempt })}\n`)
    .join('')

const logs = ['metrics.jsonl', 'timings.jsonl', 'rollouts.jsonl']

/** Creates a run folder whose run has ended after 130 steps. */
const endedRun = async (): Promise<string> => {
  const folder = await temporaryFolder()
  for (const log of logs) await writeFile(join(folder, log), lines(0, 130, 'first'))
  await writeFile(join(folder, 'config.yaml'), 'seed: 1\n')
  await writeFile(join(folder, 'summary.json'), '{"status":"failed"}')
  return folder
}

/** Cuts the logs back to step 100, as a resumed run does, and adds the lines up to step 200. */
const resume = async (folder: string): Promise<void> => {
  for (const log of logs) await truncate(join(folder, log), lines(0, 100, 'first').length)
  await appendFile(join(folder, 'resumptions.jsonl'), '{"step":100,"time":0,"changed":[]}\n')
  for (const log of logs) await appendFile(join(folder, log), lines(100, 200, 'the second'))
}

/** Replaces the run by another one, which has written more. */
const replace = async (folder: string): Promise<void> => {
  await writeFile(join(folder, 'config.yaml'), 'seed: 20\n')
  for (const log of logs) await writeFile(join(folder, log), lines(0, 200, 'the second'))
}

/** Returns the events that a page gets which opens now, and leaves at once. */
const eventsOfPage = async (feed: SharedFeed): Promise<readonly FeedEvent[]> => {
  const closing$ = new ReplaySubject<void>(1)
  const events: FeedEvent[] = []
  closing$.next()
  for await (const bytes of feed.stream(closing$, NEVER)) {
    const text = new TextDecoder().decode(bytes)
    events.push(JSON.parse(text.slice('data: '.length)) as FeedEvent)
  }
  return events
}

const linesIn = (events: readonly FeedEvent[], log: string): readonly unknown[] =>
  events.flatMap((event): readonly unknown[] => (event.event === 'log' && event.log === log ? event.lines : []))

const parsed = (text: string): readonly unknown[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]))

describe.each([
  ['was resumed', resume, lines(0, 100, 'first') + lines(100, 200, 'the second')],
  ['was replaced by another one', replace, lines(0, 200, 'the second')],
])('a run that %s while nobody read it', (_, change, expected) => {
  it('has the new lines in a page that opens afterwards, and the rollouts of its new last step', async () => {
    const folder = await endedRun()
    const feed = createSharedFeed([watchRun(runToWatch(folder))])
    const before = await eventsOfPage(feed)
    expect(linesIn(before, 'metrics')).toEqual(parsed(lines(0, 130, 'first')))
    expect(before.at(-1)).toMatchObject({ event: 'rollouts', rollouts: { step: 129 } })
    await change(folder)
    const after = await eventsOfPage(feed)
    for (const log of ['metrics', 'timings']) expect(linesIn(after, log)).toEqual(parsed(expected))
    expect(after.at(-1)).toMatchObject({ event: 'rollouts', rollouts: { step: 199, attempt: 'the second' } })
  })

  it('gives the rollouts of the new lines', async () => {
    const folder = await endedRun()
    const { rollouts } = watchRun(runToWatch(folder))
    expect(await rollouts(120)).toBe(lines(120, 121, 'first').trim())
    await change(folder)
    expect(await rollouts(120)).toBe(lines(120, 121, 'the second').trim())
    expect(await rollouts(199)).toBe(lines(199, 200, 'the second').trim())
  })
})

it.each(['resumptions.jsonl', 'config.yaml'])(
  'a run has another mark and edition after a change of %s',
  async (file) => {
    const folder = await endedRun()
    const { mark, edition } = watchRun(runToWatch(folder))
    const before = [await mark(), await edition()]
    await appendFile(join(folder, file), '\n')
    expect(await mark()).not.toBe(before[0])
    expect(await edition()).not.toBe(before[1])
  },
)
