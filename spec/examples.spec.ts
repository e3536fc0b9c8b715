import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const codeBlocks = async (page: string): Promise<readonly string[]> =>
  [...(await readFile(page, 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)

describe('the pipeline of the README', () => {
  it('is a part of the example', async () => {
    const [block, ...others] = await codeBlocks('README.md')
    expect(await readFile('examples/pipeline.ts', 'utf8')).toContain(block)
    expect(others).toEqual([])
  })

  it('trains, watched by its control', async () => {
    const { stdout, stderr } = await promisify(execFile)('node', ['dist/examples/pipeline.js', '2'])
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^batch 0: 0\.\d{3} nats, -?[01]\nstep 0: \d+% correct\nbatch 1: 0\.\d{3} nats, -?[01]\nstep 1: \d+% correct\n$/,
    )
  }, 60_000)
})
