import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { firstValueFrom, from } from 'rxjs'
import { parse } from 'yaml'
import { openVerifier } from '#cli/resources/open-verifier.js'
import { orThrow } from '#lib/or-throw.js'
import type { StepMetrics } from '#lib/run/step-metrics.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainHere, entrainWellHere } from '../in-process.js'
import { entrain, expectMessage, PATIENCE, start, workshop } from '../process.js'
import { writeQuestions, writeTinyLanguageModel } from '../tiny-language-model.js'

const { at, base } = workshop()
const engine = ['--engine', 'onnx']
/** The model is untrained, so that its entropy is far from the band. Without a filter that is not noted. */
const small =
  '--filter everything --steps 1 --prompts 2 --group 4 --max-tokens 6 --evaluation-prompts 3 --evaluation-samples 2'.split(
    ' ',
  )
const words = () => ['--model', at('words'), '--data', at('rows.jsonl')]

beforeAll(async () => {
  await writeTinyLanguageModel(at('words'))
  await writeQuestions(at('rows.jsonl'))
  await writeFile(
    at('every.mjs'),
    `console.log('mine')\nexport const verifier = (prompt, completion) => ({ value: 0.5, correct: true })\n`,
  )
  await writeFile(at('none.mjs'), 'export const verify = 1\n')
  await writeFile(
    at('system.mjs'),
    `export default ({ text }) => { const correct = /^<.im_start.>system\\nBe brief\\.<.im_end.>/.test(text); return { value: correct ? 1 : -1, correct } }\n`,
  )
})

const firstStepOf = async (run: string): Promise<StepMetrics> =>
  JSON.parse((await readFile(at(run, 'metrics.jsonl'), 'utf8')).split('\n')[0]!) as StepMetrics
const configOf = async (run: string): Promise<unknown> => parse(await readFile(at(run, 'config.yaml'), 'utf8'))

describe('--verifier', { timeout: PATIENCE }, () => {
  it('judges a generated task in train and in eval, and its output does not mix with the results', async () => {
    await entrainWellHere(
      'train',
      '--model',
      base(),
      '--verifier',
      at('every.mjs'),
      '--out',
      at('own'),
      ...small,
      ...engine,
    )
    expect(await firstStepOf('own')).toMatchObject({ reward: 0.5, correct: 1 })
    expect(await configOf('own')).toMatchObject({ verifier: at('every.mjs') })
    const { stdout } = await entrain(
      'eval',
      'countdown',
      '--verifier',
      at('every.mjs'),
      '--prompts',
      '2',
      '--k',
      '2',
      '--json',
      ...engine,
    )
    expect(JSON.parse(stdout)).toMatchObject({ meanAtK: { value: 1 } })
    // A run folder has its verifier too.
    const run = await entrainWellHere('eval', at('own'), '--json', ...engine)
    expect(JSON.parse(run.stdout)).toMatchObject({ meanAtK: { value: 1 }, samples: 6 })
  })

  it('judges questions of a data file, beside a format reward', async () => {
    const reward = ['--verifier', at('every.mjs'), '--reward-format-weight', '0.25']
    await entrainWellHere('train', ...words(), ...reward, '--out', at('paid'), ...small, ...engine)
    expect(await firstStepOf('paid')).toMatchObject({ correct: 1, reward: 0.5 })
    const settings = {
      verifier: at('every.mjs'),
      reward: { mustMark: false, formatWeight: 0.25, timeLimit: 3000, threads: null },
    }
    const { verifier, close } = await orThrow(openVerifier(settings, () => expect.fail('the verifier of the task')))
    const completion = { tokens: Int32Array.of(1), logprobs_T: Float32Array.of(0), finish: 'stop', version: 0 } as const
    const prompt = { id: '', text: '', tokens: [1], reference: '7' }
    const verdict = await firstValueFrom(from(verifier(prompt, { ...completion, text: '\\boxed{7}' })))
    expect(verdict).toMatchObject({ value: 0.75, correct: true })
    await close()
  })

  it.each(['train', 'eval'])('that exports no verifier is an error of %s, before anything runs', async (command) => {
    const model = command === 'train' ? ['--model', base(), '--out', at('never')] : [base()]
    const ended = await entrainHere(command, ...model, '--verifier', at('none.mjs'), ...engine)
    const message = `error: ${at('none.mjs')}: found exports verify: number, expected a module that exports a function verifier`
    expectMessage(ended, 1, message)
    expect(ended.stdout + ended.progress).toBe('')
  })
})

describe('--system', { timeout: PATIENCE }, () => {
  it('begins every prompt in train and in eval, and is recorded', async () => {
    const flags = ['--verifier', at('system.mjs'), '--system', 'Be brief.']
    await entrainWellHere('train', ...words(), ...flags, '--out', at('brief'), ...small, ...engine)
    expect((await firstStepOf('brief')).correct).toBe(1)
    expect(await configOf('brief')).toMatchObject({ system: 'Be brief.' })
    const evaluated = async (...argv: readonly string[]) =>
      (
        JSON.parse((await entrainWellHere('eval', ...argv, '--json', ...engine)).stdout) as {
          meanAtK: { value: number }
        }
      ).meanAtK.value
    expect(await evaluated(at('brief'))).toBe(1)
    expect(await evaluated(at('brief'), '--system', 'none')).toBe(0)
    const few = ['--prompts', '2', '--k', '1', '--max-tokens', '4']
    expect(await evaluated(at('words'), '--data', at('rows.jsonl'), ...flags, ...few)).toBe(1)
  })

  it('comes from a YAML file', async () => {
    await writeFile(at('run.yaml'), `system: Be brief.\nverifier: ${at('system.mjs')}\n`)
    await entrainWellHere('train', '--config', at('run.yaml'), ...words(), '--out', at('yaml'), ...small, ...engine)
    expect((await firstStepOf('yaml')).correct).toBe(1)
  })
})

describe('too few held-out questions', { timeout: PATIENCE }, () => {
  const train = [
    'train',
    '--steps',
    '1',
    '--prompts',
    '2',
    '--group',
    '2',
    '--max-tokens',
    '4',
    '--evaluation-samples',
    '1',
  ]

  it('are all used, with a note, if nobody asked for a number', async () => {
    const { code, notes, progress } = await entrainHere(...train, ...words(), '--out', at('few'), ...engine)
    expect({ code, notes }).toEqual({
      code: 0,
      notes: expect.stringMatching(
        /^found \d+ different prompts in split test, the default is 64: all \d+ are used; see --evaluation-prompts\n$/,
      ) as string,
    })
    const used = /all (\d+) are used/.exec(notes)![1]!
    expect(progress).toContain(`evaluating the checkpoint on ${used} held-out prompts\n`)
    const evaluated = await entrainHere(
      'eval',
      at('words'),
      '--data',
      at('rows.jsonl'),
      '--k',
      '1',
      '--max-tokens',
      '3',
      ...engine,
    )
    expect(evaluated).toMatchObject({ code: 0, stdout: expect.stringContaining('On 40 prompts ') as string })
    expect(evaluated.notes).toMatch(
      /^found 40 different prompts in split test, the default is 128: .* see --prompts\n$/,
    )
  })

  it('are an error that names the flag if a person asked for more', async () => {
    const asked = await entrainHere(...train, ...words(), '--out', at('never'), '--evaluation-prompts', '100')
    expectMessage(asked, 2, /^--evaluation-prompts: found \d+ different prompts in split test, expected 100\n/m)
    const evaluated = await entrainHere('eval', at('words'), '--data', at('rows.jsonl'), '--prompts', '100')
    expectMessage(evaluated, 2, /^--prompts: found 40 different prompts in split test, expected 100\n/m)
  })
})

describe('entrain chat', { timeout: PATIENCE }, () => {
  const talk = async (argv: readonly string[], lines: string) => {
    const { child, ended } = start(['chat', ...argv, '--max-tokens', '8', ...engine])
    child.stdin!.end(lines)
    return ended
  }

  it('continues a text with the bundled model, and names a character that it does not know', async () => {
    const { code, stdout, stderr } = await talk(['countdown', '--temperature', '0'], '3 5 7=56:\nwhy?\n3 5 7=56:\n')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[-\d+*/()= :]+\n[-\d+*/()= :]+\n$/)
    expect(stderr).toContain('text[0]: found "w", expected one of "0123456789+-*/()= :"\n')
  })

  it('takes a run folder: its model, its adapters and its system message', async () => {
    const folder = join(await temporaryFolder(), 'run')
    const flags = ['--system', 'Be brief.', '--lora-rank', '2']
    await entrainWellHere('train', ...words(), ...flags, '--out', folder, ...small, ...engine)
    const [ended, own] = [await talk([folder], 'Hello\n'), await talk([at('words')], 'Hello\n')]
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^engine onnx: /) as string })
    expect(own.code).toBe(0)
  })
})
