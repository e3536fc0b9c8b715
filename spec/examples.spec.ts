import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readHuggingFace } from '#lib/model/hugging-face/read-folder.js'
import { orThrow } from '#lib/or-throw.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { countdown } from '#lib/task/countdown/index.js'
import { readTokenizer } from '#lib/tokenizer/read-tokenizer.js'
import { temporaryFolder } from './lib/run/temporary.js'
import { folderOf } from './lib/tokenizer/golden.js'

const run = (example: string, ...more: readonly string[]) =>
  promisify(execFile)('node', [`dist/examples/${example}.js`, '2', ...more])

/** Number of lines of an example without its header. */
const linesOf = async (example: string): Promise<number> =>
  (await readFile(`examples/${example}.ts`, 'utf8'))
    .replace(/^\/\*\*[\s\S]*?\*\/\n/, '')
    .trimEnd()
    .split('\n').length

describe.each([
  ['own-estimator', /^step 0: \d+% correct\nstep 1: \d+% correct\n$/],
  ['own-objective', /^step 0: \d+% correct\nstep 1: \d+% correct\n$/],
  ['own-filter', /^step 0: \d+ rejected\nstep 1: \d+ rejected\n$/],
  ['own-verifier', /^step 0: mean reward -0\.\d{3}\nstep 1: mean reward -0\.\d{3}\n$/],
])('examples/%s.ts', (name, printed) => {
  it('trains in less than 40 lines', async () => {
    expect(await linesOf(name)).toBeLessThan(40)
    const { stdout, stderr } = await run(name)
    expect(stderr).toBe('')
    expect(stdout).toMatch(printed)
  })
})

describe('examples/rollouts-on-servers.ts', () => {
  it('connects servers and learner in less than 40 lines', async () => {
    expect(await linesOf('rollouts-on-servers')).toBeLessThan(40)
  })
})

describe('examples/own-data.ts', () => {
  it('makes prompts from rows', async () => {
    const file = join(await temporaryFolder(), 'rows.jsonl')
    await writeFile(file, `${JSON.stringify({ question: 'What is 6 * 7?', answer: '#### 42' })}\n`)
    const { stdout } = await promisify(execFile)('node', ['dist/examples/own-data.js', folderOf('qwen3'), file])
    const instruction = 'Please reason step by step, and put your final answer within \\boxed{}.'
    expect(stdout).toBe(
      '1 prompts, and 0 that are too long; the first of them:\n' +
        `<|im_start|>user\nWhat is 6 * 7?\n${instruction}<|im_end|>\n<|im_start|>assistant\n [31 tokens, answer 42]\n`,
    )
  })
})

/** Server that answers its requests with these statuses, in order, and keeps their bodies. It never answers status 0. */
const collector = async (statuses: readonly number[]) => {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const status = statuses[bodies.length] ?? 200
      if (status !== 0) response.writeHead(status).end()
      bodies.push(JSON.parse(body))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { bodies, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file_stream` }
}

describe('examples/own-metrics.ts', () => {
  /** Bodies that send these rows, by their steps, after the given number of rows that were taken. */
  const bodyWith = (offset: number, ...steps: readonly number[]) => ({
    files: {
      'wandb-history.jsonl': {
        offset,
        content: steps.map((step) => expect.stringContaining(`"_step":${step},"step":${step},`) as string),
      },
    },
  })

  it('posts the metrics of every step as a row of history, and prints the result', async () => {
    expect(await linesOf('own-metrics')).toBeLessThan(40)
    const { bodies, url } = await collector([])
    const { stdout, stderr } = await run('own-metrics', url)
    expect(stderr).toBe('')
    expect(stdout).toBe('taken: 1 rows\ntaken: 2 rows\n')
    expect(bodies).toEqual([bodyWith(0, 0), bodyWith(1, 1)])
    const { files } = bodies[1] as { files: Record<string, { content: readonly string[] }> }
    const row: unknown = JSON.parse(files['wandb-history.jsonl']!.content[0]!)
    expect(row).toMatchObject({ _step: 1, step: 1, status: 'updated' })
    expect(E.isRight(StepMetricsCodec.decode(row))).toBe(true)
  })

  it('sends rows again that were refused once: the first ones with the next step, the last ones at the end', async () => {
    const first = await collector([503])
    expect((await run('own-metrics', first.url)).stdout).toBe('refused with status 503: 1 rows wait\ntaken: 2 rows\n')
    expect(first.bodies).toEqual([bodyWith(0, 0), bodyWith(0, 0, 1)])
    const last = await collector([200, 429])
    expect((await run('own-metrics', last.url)).stdout).toBe(
      'taken: 1 rows\nrefused with status 429: 1 rows wait\ntaken: 2 rows\n',
    )
    expect(last.bodies).toEqual([bodyWith(0, 0), bodyWith(1, 1), bodyWith(1, 1)])
  })

  it('ends against a server that never answers, and says how many rows are lost', async () => {
    const { url } = await collector([0, 0, 0])
    const { stdout } = await run('own-metrics', url)
    expect(stdout).toMatch(/^(TimeoutError: .+\n){3}lost: 2 rows\n$/)
  })

  it('continues training when no server listens', async () => {
    const { server, url } = await collector([])
    server.close()
    const { stdout } = await run('own-metrics', url)
    expect(stdout).toMatch(/^(TypeError: .+\n){3}lost: 2 rows\n$/)
  })
})

describe('examples/own-dashboard.ts', () => {
  it('trains on the dashboard, and writes its logs', async () => {
    expect(await linesOf('own-dashboard')).toBeLessThan(40)
    const folder = await temporaryFolder()
    const { stdout, stderr } = await run('own-dashboard', folder)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^watch and steer it at http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22}\n$/)
    for (const log of ['metrics', 'timings', 'rollouts'])
      expect((await readFile(join(folder, `${log}.jsonl`), 'utf8')).trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('examples/served-model.ts', () => {
  it('writes a folder whose tokenizer has the tokens of the task', async () => {
    expect(await linesOf('served-model')).toBeLessThan(40)
    const folder = join(await temporaryFolder(), 'served')
    await promisify(execFile)('node', ['dist/examples/served-model.js', folder])
    const { tokenizer } = await orThrow(readTokenizer(folder))
    const { tokenizer: ofTask } = countdown()
    expect(tokenizer.ends).toEqual(ofTask.ends)
    expect([...tokenizer.encode('3 5 7=56:')]).toEqual([...ofTask.encode('3 5 7=56:')])
    expect(tokenizer.decode(ofTask.encode('7*(3+5)/1-2 ='))).toBe('7*(3+5)/1-2 =')
    const { config } = await orThrow(readHuggingFace(folder))
    expect(config.headWidth).toBe(32)
  })
})

describe('examples/pipeline.ts', () => {
  it('prints the entropy and the reward of each step', async () => {
    const { stdout, stderr } = await run('pipeline')
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^batch 0: 0\.\d{3} nats, -?[01]\nstep 0: \d+% correct\nbatch 1: 0\.\d{3} nats, -?[01]\nstep 1: \d+% correct\n$/,
    )
  })
})
