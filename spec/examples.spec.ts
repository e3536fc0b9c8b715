import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { pipelines } from '#pipelines/index.js'
import { temporaryFolder } from './lib/run/temporary.js'
import { folderOf } from './lib/tokenizer/golden.js'

const codeBlocks = async (page: string): Promise<readonly string[]> =>
  [...(await readFile(page, 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)

const run = (example: string) => promisify(execFile)('node', [`dist/examples/${example}.js`, '2'])

describe.each([
  ['own-estimator', /^step 0: \d+% correct\nstep 1: \d+% correct\n$/],
  ['own-objective', /^step 0: \d+% correct\nstep 1: \d+% correct\n$/],
  ['own-filter', /^step 0: \d+ rejected\nstep 1: \d+ rejected\n$/],
  ['own-verifier', /^step 0: mean reward -0\.\d{3}\nstep 1: mean reward -0\.\d{3}\n$/],
])('examples/%s.ts', (name, printed) => {
  it('is a page that trains', async () => {
    const code = (await readFile(`examples/${name}.ts`, 'utf8')).replace(/^\/\*\*[\s\S]*?\*\/\n/, '')
    expect(code.trimEnd().split('\n').length).toBeLessThan(40)
    const { stdout, stderr } = await run(name)
    expect(stderr).toBe('')
    expect(stdout).toMatch(printed)
  }, 60_000)
})

describe('examples/own-data.ts', () => {
  it('makes prompts of rows', async () => {
    const file = join(await temporaryFolder(), 'rows.jsonl')
    await writeFile(file, `${JSON.stringify({ question: 'What is 6 * 7?', answer: '#### 42' })}\n`)
    const { stdout } = await promisify(execFile)('node', ['dist/examples/own-data.js', folderOf('qwen3'), file])
    const instruction = 'Please reason step by step, and put your final answer within \\boxed{}.'
    expect(stdout).toBe(
      '1 prompts, and 0 that are too long; the first of them:\n' +
        `<|im_start|>user\nWhat is 6 * 7?\n${instruction}<|im_end|>\n<|im_start|>assistant\n [31 tokens, answer 42]\n`,
    )
  }, 60_000)
})

describe('the algorithms of the README', () => {
  it('are those there are', async () => {
    const rows = [...(await readFile('README.md', 'utf8')).matchAll(/^\| `([^`]+)` +\| (.*?) +\| ([^|]*?) +\|$/gm)]
    const told = rows.map(([, name, about, paper]) => ({ name, about, paper }))
    for (const [name, { about, paper }] of Object.entries(pipelines))
      expect(told).toContainEqual({ name, about, paper })
  })
})

describe('the pipeline of the README', () => {
  it('is a part of the example', async () => {
    const [block, own, ...others] = await codeBlocks('README.md')
    expect(await readFile('examples/pipeline.ts', 'utf8')).toContain(block)
    expect(await readFile('examples/own-estimator.ts', 'utf8')).toContain(own)
    expect(others).toEqual([])
  })

  it('trains, watched by its control', async () => {
    const { stdout, stderr } = await run('pipeline')
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^batch 0: 0\.\d{3} nats, -?[01]\nstep 0: \d+% correct\nbatch 1: 0\.\d{3} nats, -?[01]\nstep 1: \d+% correct\n$/,
    )
  }, 60_000)
})
