import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { readSummary } from '#lib/run/summary.js'
import { orThrow } from '#lib/or-throw.js'
import { EvaluationCodec } from '#lib/run/step-evaluation.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../../lib/run/reports.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainHere, entrainWellHere } from '../in-process.js'
import { entrain, entrainWell, expectMessage, PATIENCE, tinyBase, workshop } from '../process.js'

const { at, base } = workshop()
const few = ['--prompts', '4', '--k', '2', '--engine', 'onnx']
/** The model is untrained, so that its entropy is far from the band. Without a filter that is not noted. */
const small =
  '--steps 2 --prompts 4 --group 4 --evaluation-prompts 4 --evaluation-samples 2 --engine onnx --filter everything'.split(
    ' ',
  )

describe('the streams of a command', { timeout: PATIENCE }, () => {
  beforeAll(async () => {
    await entrainWellHere('train', '--model', base(), '--out', at('run'), ...small)
  }, PATIENCE)

  it('are apart: eval --json prints nothing but JSON, also with an engine that has messages', async () => {
    const { stdout, stderr } = await entrainWell('eval', '--json', 'countdown', ...few)
    expect(EvaluationCodec.is(JSON.parse(stdout))).toBe(true)
    expect(stderr).toMatch(/^engine onnx: /)
    const cpu = await entrainHere('eval', base(), '--json', '--engine', 'tfjs-cpu', '--prompts', '2', '--k', '1')
    expect(EvaluationCodec.is(JSON.parse(cpu.stdout))).toBe(true)
  })

  it('are apart: eval --json FILE prints the table and writes the file', async () => {
    const { stdout } = await entrainWellHere('eval', '--json', at('written.json'), base(), ...few)
    expect(stdout).toMatch(/^On 4 prompts /)
    expect(EvaluationCodec.is(JSON.parse(await readFile(at('written.json'), 'utf8')))).toBe(true)
  })

  it.each<[string, () => readonly string[], RegExp]>([
    ['train', () => ['train', '--model', base(), ...small], /^On 4 held-out prompts[^]*^Everything is in /m],
    ['pretrain', () => ['pretrain', at('quiet.safetensors'), ...tinyBase], /^tune split: .*\n.*quiet\.safetensors\n$/],
    ['eval', () => ['eval', base(), ...few], /^On 4 prompts /],
    ['plot', () => ['plot', at('run')], /entropy\.svg\n/],
    ['replay', () => ['replay', at('run')], /The same 2 steps as in /],
    ['watch', () => ['watch', '--terminal', at('run')], /^On 4 held-out prompts/],
  ])('of %s have results, and with --quiet no progress', async (name, argv, results) => {
    const out = ['train', 'replay'].includes(name) ? ['--out', at(`quiet-${name}`)] : []
    const { stdout, stderr } = await entrainWellHere(...argv(), ...out, '--quiet')
    expect(stdout).toMatch(results)
    expect(stderr).toBe('')
  })

  it('have the message of an engine first, without lines of its native library', async () => {
    const engines = ['onnx-cuda', 'onnx-webgpu', 'tfjs-webgpu']
    // The engines look for a GPU where they do by default, and not on SwiftShader.
    vi.stubEnv('VK_ICD_FILENAMES', undefined)
    const ended = await Promise.all(
      engines.map((name) => entrain('eval', base(), '--prompts', '1', '--k', '1', '--engine', name)),
    )
    vi.unstubAllEnvs()
    for (const { code, stderr } of ended) if (code !== 0) expect(stderr).toMatch(/^error: /)
  })

  it('keep errors with --quiet', async () => {
    expectMessage(await entrainHere('eval', 'nowhere', '--quiet'), 1, /^error: nowhere: found no such file/)
    expectMessage(await entrainHere('eval', 'countdown', '--quiet=x'), 2, /^--quiet: found x, expected true or false/)
  })
})

describe('runs that start together', { timeout: PATIENCE }, () => {
  it('never share a folder: one has it, and the other is refused', async () => {
    const run = () => entrainHere('train', '--model', base(), '--out', at('together'), ...small)
    const ended = await Promise.all([run(), run()])
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1])
    const refused = ended.find(({ code }) => code === 1)!
    expectMessage(refused, 1, `error: ${at('together')}: found a folder with `)
    expect((await readFile(at('together', 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('the optimiser flags', { timeout: PATIENCE }, () => {
  it('reach the optimiser', async () => {
    const rates = async (name: string, ...flags: readonly string[]) => {
      const settings = [
        '--steps',
        '4',
        '--warmup',
        '0',
        '--learning-rate',
        '0.01',
        '--algorithm',
        'reinforce',
        ...flags,
      ]
      await entrainWellHere('train', '--model', base(), '--out', at(name), ...small.slice(2), ...settings)
      const lines = (await readFile(at(name, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
      return lines.map((line) => (JSON.parse(line) as { readonly learningRate: number }).learningRate)
    }
    expect(await rates('plain')).toEqual([0.01, 0.01, 0.01, 0.01])
    const linear = await rates('linear', '--learning-rate-schedule', 'linear', '--learning-rate-end', '0.002')
    linear.forEach((rate, step) => expect(rate).toBeCloseTo(0.01 - 0.002 * step, 12))
    const weights = (name: string) => readFile(at(name, 'checkpoint.safetensors'))
    const changes = [
      ['--weight-decay', '0.5'],
      ['--beta1', '0'],
      ['--beta2', '0.5'],
      ['--epsilon', '0.1'],
      ['--gradient-clip', '1e-9'],
    ]
    for (const [i, flags] of changes.entries()) {
      await rates(`changed-${i}`, ...flags)
      expect(await weights(`changed-${i}`)).not.toEqual(await weights('plain'))
    }
  })
})

describe('entrain eval RUN', { timeout: PATIENCE }, () => {
  it('repeats the evaluation at the end of the run, and flags take precedence', async () => {
    const run = at('again')
    await entrainWellHere('train', '--out', run, ...small, '--seed', '5', '--max-tokens', '7')
    const { trained } = await orThrow(readSummary(join(run, 'summary.json')))
    const { stdout } = await entrainWellHere('eval', run, '--json')
    expect(JSON.parse(stdout)).toEqual(trained)
    const other = JSON.parse(
      (await entrainWellHere('eval', run, '--json', '--k', '3', '--prompts', '5')).stdout,
    ) as object
    expect(other).toMatchObject({ prompts: 5, samples: 15 })
  })

  it('evaluates adapters on the model that the run started from', async () => {
    const run = at('adapters')
    await entrainWellHere('train', '--model', base(), '--out', run, ...small, '--lora-rank', '2')
    const { trained } = await orThrow(readSummary(join(run, 'summary.json')))
    expect(JSON.parse((await entrainWellHere('eval', run, '--json')).stdout)).toEqual(trained)
  })

  it('names a run without a trained model', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'config.yaml'), 'steps: 2\n')
    const message = `error: ${folder}: found a run folder without a trained model, expected one of checkpoint.safetensors`
    expectMessage(await entrainHere('eval', folder), 1, message)
    expectMessage(await entrainHere('chat', folder), 1, message)
  })
})

describe('a path that does not exist', { timeout: PATIENCE }, () => {
  it.each([
    'train --config nowhere',
    'train --model nowhere',
    'train --adapter nowhere',
    'train --verifier nowhere.js',
    'train --model MODEL --data nope.jsonl',
    'train --model MODEL --data nope.parquet',
    'train --model MODEL --data nope',
    'train --model MODEL --data FILE --data-test nope.jsonl',
    'train --model MODEL --data FILE --data-tune nope.jsonl',
    'eval nowhere',
    'eval countdown --adapter nowhere',
    'eval countdown --verifier nowhere.js',
    'eval MODEL --data nope.jsonl',
    'chat nowhere',
    'chat countdown --adapter nowhere',
    'plot nowhere',
    'plot nowhere --out figure.svg',
    'replay nowhere',
    'watch nowhere',
    'watch --terminal nowhere',
  ])('is no such file: %s', async (line) => {
    const { writeQuestions, writeTinyLanguageModel } = await import('../tiny-language-model.js')
    await mkdir(at('words'), { recursive: true })
    if ((await readdir(at('words'))).length === 0) {
      await writeTinyLanguageModel(at('words', 'model'))
      await writeQuestions(at('words', 'rows.jsonl'))
    }
    const paths: Readonly<Record<string, string>> = { MODEL: at('words', 'model'), FILE: at('words', 'rows.jsonl') }
    const { code, stdout, stderr } = await entrainHere(...line.split(' ').map((word) => paths[word] ?? word))
    expect(code).toBeGreaterThan(0)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/(nowhere|nope)\S*: found no such file, expected /)
    expect(stderr).not.toContain('ENOENT')
  })

  it.each([
    ['train --config FOLDER', 'a folder'],
    ['train --verifier FOLDER', 'a folder'],
    ['eval countdown --verifier FOLDER', 'a folder'],
    ['watch FILE', 'a file'],
    ['replay FILE', 'a file'],
    ['plot FILE', 'no such file'],
    ['eval FILE', 'another kind'],
  ])('or is of another kind is named: %s', async (line, found) => {
    const folder = await temporaryFolder()
    const file = join(folder, 'file')
    await writeFile(file, 'no model, no log and no configuration')
    const { code, stderr } = await entrainHere(...line.replace('FOLDER', folder).replace('FILE', file).split(' '))
    expect(code).toBeGreaterThan(0)
    expect(stderr).toContain(folder)
    expect(stderr).toMatch(new RegExp(`: found .*${found}.*, expected `))
    expect(stderr).not.toMatch(/EISDIR|ENOTDIR/)
  })

  it('is told for a loop of links', async () => {
    const { symlink } = await import('node:fs/promises')
    const folder = await temporaryFolder()
    await symlink(join(folder, 'loop.yaml'), join(folder, 'loop.yaml'))
    expectMessage(
      await entrainHere('train', '--config', join(folder, 'loop.yaml')),
      2,
      /found a loop of symbolic links/,
    )
  })
})

describe('entrain plot', () => {
  it('names a folder that the figure cannot be written into', async () => {
    const run = await temporaryFolder()
    await writeFile(join(run, 'metrics.jsonl'), `${JSON.stringify(stepMetrics(reportOf(0, 0.5)))}\n`)
    const out = join(run, 'nowhere', 'figure.svg')
    const message = `error: ${out}: found no such folder, expected a folder to write into`
    expectMessage(await entrainHere('plot', run, '--out', out, '--panels', 'entropy'), 1, message)
  })
})
