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
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
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

/** Server that answers its requests with these statuses, in order, and keeps their bodies. */
const collector = async (statuses: readonly number[]) => {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      response.writeHead(statuses[bodies.length] ?? 500).end()
      bodies.push(JSON.parse(body))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return { bodies, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file_stream` }
}

describe('examples/own-metrics.ts', () => {
  it('posts the metrics of every step as a row of history, and prints the result', async () => {
    expect(await linesOf('own-metrics')).toBeLessThan(40)
    const { bodies, url } = await collector([200, 503])
    const { stdout, stderr } = await run('own-metrics', url)
    expect(stderr).toBe('')
    expect(stdout).toBe('step 0: taken\nstep 1: refused with status 503\n')
    expect(bodies).toHaveLength(2)
    bodies.forEach((body, step) => {
      const content = [expect.any(String) as string]
      expect(body).toEqual({ files: { 'wandb-history.jsonl': { offset: step, content } } })
      const { files } = body as { files: Record<string, { content: readonly string[] }> }
      const row: unknown = JSON.parse(files['wandb-history.jsonl']!.content[0]!)
      expect(row).toMatchObject({ _step: step, step, status: 'updated' })
      expect(E.isRight(StepMetricsCodec.decode(row))).toBe(true)
    })
  })

  it('continues training when no server listens', async () => {
    const { server, url } = await collector([])
    server.close()
    const { stdout } = await run('own-metrics', url)
    expect(stdout).toMatch(/^step 0: lost: .+\nstep 1: lost: .+\n$/)
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

describe('examples/pipeline.ts', () => {
  it('prints the entropy and the reward of each step', async () => {
    const { stdout, stderr } = await run('pipeline')
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^batch 0: 0\.\d{3} nats, -?[01]\nstep 0: \d+% correct\nbatch 1: 0\.\d{3} nats, -?[01]\nstep 1: \d+% correct\n$/,
    )
  })
})
