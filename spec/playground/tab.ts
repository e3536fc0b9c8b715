import type { Page } from 'playwright-core'
import type { FeedEvent, Logs } from '#dashboard/feed.js'
import { lines } from './feed-events.js'

declare global {
  var Worker: new (...options: readonly unknown[]) => PageWorker
  /** What workers told the page, from the last that was started. */
  var told: { readonly tell: string; readonly event: FeedEvent }[]
}

interface PageWorker {
  addEventListener(type: 'message', listener: (message: { readonly data: (typeof told)[number] }) => void): void
}

/** Listens beside the page: what the last worker tells it is kept. */
export const listenIn = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    globalThis.told = []
    const Original = Worker
    globalThis.Worker = class extends Original {
      constructor(...options: readonly unknown[]) {
        super(...options)
        const own: typeof told = []
        globalThis.told = own
        this.addEventListener('message', ({ data }) => own.push(data))
      }
    }
  })

/** All lines of a log so far. */
export const toldLines = async <L extends keyof Logs>(page: Page, log: L): Promise<readonly Logs[L][]> =>
  lines(await page.evaluate(() => told.filter(({ tell }) => tell === 'event').map(({ event }) => event)), log)

export interface Settings {
  readonly algorithm?: string
  /** WebAssembly, unless given. */
  readonly engine?: string
  readonly steps: number
  readonly prompts: number
  readonly seed?: number
}

/** Fills in the form and starts. */
export const startRun = async (page: Page, { algorithm, engine = 'onnx', ...numbers }: Settings): Promise<void> => {
  if (algorithm !== undefined) await page.selectOption('[name=algorithm]', algorithm)
  await page.selectOption('[name=engine]', engine)
  for (const [name, value] of Object.entries(numbers)) await page.fill(`[name=${name}]`, String(value))
  await page.click('button[type=submit]')
}
