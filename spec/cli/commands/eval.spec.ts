import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { entrainHere, entrainWellHere } from '../in-process.js'
import { entrainWell, expectMessage, PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()
const few = ['--prompts', '4', '--engine', 'onnx']

describe('entrain eval', { timeout: PATIENCE }, () => {
  it('prints mean@k, the pass@k curve and maj@k, and writes them to a file', async () => {
    const { stdout } = await entrainWell('eval', 'countdown', '--k', '4', ...few, '--json', at('figures.json'))
    const estimate = String.raw`[01]\.\d{3} \[[01]\.\d{3}, [01]\.\d{3}\]`
    expect(stdout).toMatch(
      new RegExp(
        [
          'On 4 prompts of the test split of countdown, 4 samples each, temperature 0.6, top-p 0.95, top-k 20:',
          `  mean@4     ${estimate}`,
          `  pass@2     ${estimate}`,
          `  pass@4     ${estimate}`,
          `  maj@4      ${estimate}`,
          String.raw`  tokens     \d+\.\d`,
          String.raw`  truncated  \d+\.\d%`,
        ].join('\n'),
      ),
    )
    const figures = JSON.parse(await readFile(at('figures.json'), 'utf8')) as Record<string, unknown>
    expect(figures).toMatchObject({ prompts: 4, samples: 16 })
    const { value } = figures['meanAtK'] as { value: number }
    expect(stdout).toContain(`mean@4     ${value.toFixed(3)} `)
  })

  it('evaluates a bundled checkpoint on its task, unless a flag names another', async () => {
    const { stdout } = await entrainWellHere('eval', 'moves', '--k', '2', ...few)
    expect(stdout).toContain('On 4 prompts of the test split of moves, 2 samples each, ')
    const other = await entrainHere('eval', 'moves', '--task', 'countdown', ...few)
    expectMessage(other, 1, /moves.safetensors: found a vocabulary of 18 tokens, expected 20, as task countdown has$/m)
  })

  it('prints the same for the same seed, also on two replicas', async () => {
    const again = ['eval', base(), '--k', '2', '--max-tokens', '3', '--split', 'tune', '--seed', '5', ...few]
    const [first, second] = [await entrainWellHere(...again), await entrainWellHere(...again)]
    expect(first.stdout).toBe(second.stdout)
    expect(first.stdout).toContain('the tune split')
    const shared = await entrainWellHere(...again, '--replicas', '2')
    expect(shared.stdout).toBe(first.stdout)
  })

  it.each([
    [['nowhere.safetensors'], 1, 'nowhere.safetensors: '],
    [['countdown', '--k', '0'], 2, '--k: found 0, expected an integer >= 1'],
    [['countdown', '--split', 'train'], 2, '--split: found "train", expected one of test, tune'],
    [['countdown', '--prompts', '999999'], 2, /^--prompts: found \d+ different prompts in split test, expected 999999/],
    [[], 2, 'CHECKPOINT|RUN: missing'],
  ])('refuses %j', async (words, code, message) => {
    expectMessage(await entrainHere('eval', ...words), code, message)
  })

  it('refuses an existing file and a missing folder before it starts', async () => {
    await writeFile(at('there.json'), '')
    const ended = await entrainHere('eval', 'countdown', ...few, '--json', at('there.json'))
    expectMessage(ended, 1, `${at('there.json')}: found a file, expected a name that is free`)
    expect(ended.stdout).toBe('')
    const nowhere = await entrainHere('eval', 'countdown', ...few, '--json', at('nowhere', 'figures.json'))
    expectMessage(nowhere, 1, `${at('nowhere')}: found no such folder, expected a folder to write into`)
    expect(nowhere.stdout).toBe('')
  })
})
