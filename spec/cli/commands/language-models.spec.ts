import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAdapters } from '#lib/model/lora/peft-folder.js'
import { inMemory } from '#lib/model/model-checkpoint.js'
import { readModel } from '#lib/model/model-file.js'
import { entrainHere, entrainWithNotesHere } from '../in-process.js'
import { expectMessage, PATIENCE, start } from '../process.js'
import { tinyDecoder, writeQuestions, writeTinyLanguageModel } from '../tiny-language-model.js'

let folder = ''
const at = (...names: readonly string[]) => join(folder, ...names)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-'))
  await writeTinyLanguageModel(at('base'))
  await writeQuestions(at('questions.jsonl'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const small =
  '--engine onnx --steps 2 --prompts 2 --group 4 --max-tokens 6 --evaluation-prompts 2 --evaluation-samples 2'.split(
    ' ',
  )
const trainOn = (out: string, ...more: readonly string[]) =>
  ['train', '--model', at('base'), '--data', at('questions.jsonl'), '--out', at(out), ...small, ...more] as const
/** Settings with which wrong answers train too. */
const byReinforce = ['--algorithm', 'reinforce', '--learning-rate', '0.01', '--warmup', '0']
const weightsIn = async (path: string) => {
  const model = await readModel(path)()
  if (E.isLeft(model)) throw model.left
  return (await inMemory(model.right)).weights
}

describe('a Hugging Face folder', { timeout: PATIENCE }, () => {
  it('is trained on a data file, and is saved as a folder that can be used again', async () => {
    const { stderr } = await entrainWithNotesHere(...trainOn('whole', ...byReinforce))
    expect(stderr).toMatch(/^data, train: 40 prompts$/m)
    expect(await readdir(at('whole'))).toEqual(expect.arrayContaining(['config.yaml', 'metrics.jsonl', 'model']))
    expect((await readdir(at('whole', 'model'))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ])
    const [before, after] = [await weightsIn(at('base')), await weightsIn(at('whole', 'model'))]
    expect([...after.keys()]).toEqual([...before.keys()])
    expect(after.get('model.norm.weight')).not.toEqual(before.get('model.norm.weight'))
    const answered = await entrainWithNotesHere(
      ...['eval', at('whole', 'model'), '--data', at('questions.jsonl'), '--prompts', '3', '--k', '2'],
      ...['--max-tokens', '6', '--engine', 'onnx'],
    )
    expect(answered.stderr).toMatch(/^data, test: 40 prompts$/m)
    expect(answered.stdout).toContain('On 3 prompts of the test split of math, 2 samples each')
  })

  it('names the row of a reference that cannot be read, and counts it if it is skipped', async () => {
    const file = at('broken.jsonl')
    await writeQuestions(file)
    await appendFile(file, `${JSON.stringify({ question: 'What is it?', answer: 'That is hard.\n#### \\frac{' })}\n`)
    const evaluate = [
      'eval',
      at('base'),
      '--data',
      file,
      '--prompts',
      '3',
      '--k',
      '2',
      '--max-tokens',
      '6',
      '--engine',
      'onnx',
    ]
    const message = `${file}:41: found \\frac{, expected a reference answer that the verifier can read`
    expectMessage(await entrainHere(...evaluate), 1, message)
    const { stderr } = await entrainWithNotesHere(...evaluate, '--data-skip-broken', '--json', at('broken.json'))
    expect(stderr).toContain(message)
    const figures = JSON.parse(await readFile(at('broken.json'), 'utf8')) as unknown
    expect(figures).toMatchObject({ rows: { test: { prompts: 40, broken: 1, faults: [message] } } })
  })

  it('gives the same answers twice', async () => {
    const metrics = async (out: string) => {
      await entrainWithNotesHere(...trainOn(out))
      return readFile(at(out, 'metrics.jsonl'), 'utf8')
    }
    expect(await metrics('once')).toBe(await metrics('twice'))
  })

  it('keeps its weights when adapters are trained, saved for PEFT and continued', async () => {
    await entrainWithNotesHere(...trainOn('adapted', '--lora-rank', '4', '--lora-targets', 'q_proj,down_proj'))
    const adapters = await readAdapters(at('adapted', 'adapter'), tinyDecoder)()
    expect(adapters).toMatchObject({ right: { config: { rank: 4, alpha: 32, targets: ['q_proj', 'down_proj'] } } })
    expect(await readdir(at('adapted'))).not.toContain('model')
    const further = await entrainWithNotesHere(
      ...trainOn('further', '--adapter', at('adapted', 'adapter'), '--lora-rank', '4'),
    )
    expect(further.stderr).toMatch(
      /^training of .*adapter goes on: the moments of AdamW start at 0, and the warm-up of 10 steps starts again$/m,
    )
    expect(await readdir(at('further', 'adapter'))).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
    const used = { rank: 4, alpha: 32, targets: ['q_proj', 'down_proj'] }
    for (const run of ['adapted', 'further'])
      expect(parse(await readFile(at(run, 'config.yaml'), 'utf8'))).toMatchObject({ lora: used })
  })

  it('is not trained with settings that contradict its adapters, or that need adapters', async () => {
    await entrainWithNotesHere(
      ...trainOn('small', '--lora-rank', '2', '--lora-alpha', '8', '--lora-targets', 'k_proj,v_proj'),
    )
    const adapter = ['--adapter', at('small', 'adapter')]
    const contradictions: readonly (readonly [string, string, RegExp])[] = [
      ['--lora-rank', '4', /^lora.rank: found 4, expected 2, as the adapters of .*adapter have, or none$/m],
      ['--lora-alpha', '64', /^lora.alpha: found 64, expected 8, as the adapters of .*adapter have, or none$/m],
      ['--lora-targets', 'v_proj', /^lora.targets: found v_proj, expected k_proj,v_proj, as the adapters of .* have/m],
    ]
    for (const [flag, value, message] of contradictions)
      expectMessage(await entrainHere(...trainOn('never', ...adapter, flag, value)), 2, message)
    await entrainWithNotesHere(
      ...trainOn('agreeing', ...adapter, '--lora-targets', 'v_proj,k_proj', '--lora-alpha', '8'),
    )
    const alone = await entrainHere(...trainOn('never', '--lora-alpha', '8'))
    expectMessage(alone, 2, /^lora.alpha: found a value but no adapters, expected none, or a rank: --lora-rank$/m)
    const huge = await entrainHere(...trainOn('never', '--lora-rank', '600000'))
    expectMessage(huge, 2, /^lora.rank: found 600000, expected at most 16, the largest dimension of the model$/m)
  })

  it('has rewards for format and for length', async () => {
    await entrainWithNotesHere(...trainOn('paid', '--reward-format-weight', '0.5', '--overlong-buffer', '6'))
    const steps = (await readFile(at('paid', 'metrics.jsonl'), 'utf8')).trim().split('\n')
    // No completion has an answer, and a completion of all six tokens has the maximum length penalty of 1.
    expect((JSON.parse(steps[0]!) as { readonly reward: number }).reward).toBeLessThan(-1)
  })

  it('answers in a chat', async () => {
    const chatting = start(['chat', at('base'), '--max-tokens', '5', '--engine', 'onnx', '--seed', '3'])
    chatting.child.stdin!.end('Hello\n\nAnd?\n')
    const { code, stdout, stderr } = await chatting.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^engine onnx/) as string })
    expect(stdout.split('\n').length).toBeGreaterThanOrEqual(3)
  })
})

describe('settings that do not fit together', { timeout: PATIENCE }, () => {
  it('are reported for a model without a tokenizer', async () => {
    const bundled = await entrainHere('train', '--model', 'countdown', '--data', at('questions.jsonl'))
    expectMessage(bundled, 1, /expected a model with a tokenizer of its own: a Hugging Face folder, or a .gguf file/)
    await rm(at('mute'), { recursive: true, force: true })
    await writeTinyLanguageModel(at('mute'))
    await rm(at('mute', 'tokenizer.json'))
    expectMessage(
      await entrainHere('chat', at('mute')),
      1,
      /tokenizer.json: found no such file, expected a file of the tokenizer/,
    )
  })

  it('are reported for a row, with file and line', async () => {
    await writeQuestions(at('broken.jsonl'), 3)
    await appendFile(at('broken.jsonl'), '{"question": "What?"}\n')
    const broken = await entrainHere('train', '--model', at('base'), '--data', at('broken.jsonl'))
    expectMessage(broken, 1, /broken.jsonl:4.*: found .*expected/)
    const { stderr } = await entrainWithNotesHere(
      ...['train', '--model', at('base'), '--data', `${at('broken.jsonl')},${at('questions.jsonl')}`],
      ...['--data-skip-broken', 'true', '--out', at('skipping'), ...small],
    )
    expect(stderr).toMatch(/^data, train: \d+ prompts; 1 left out that cannot be read, the first: .*broken.jsonl:4/m)
  })

  it('are reported for data files that the task does not use, and for missing ones', async () => {
    const generated = await entrainHere(...trainOn('never', '--task', 'countdown'))
    expectMessage(generated, 2, /^data: found files, expected none, because task countdown generates its questions$/m)
    const none = await entrainHere('train', '--task', 'math', '--model', at('base'))
    expectMessage(none, 2, /^data: found no files, expected at least one: --data FILE$/m)
  })

  it('are reported for a model whose vocabulary differs from that of the task', async () => {
    const foreign = await entrainHere('train', '--model', at('base'))
    expectMessage(foreign, 1, /found a vocabulary of 264 tokens, expected 20, as task countdown has/)
  })
})
