import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeModel } from '#lib/model/model-checkpoint.js'
import { initialWeights } from '#lib/model/weights.js'
import { installed } from '../../lib/compute/engine/tfjs/installed.js'
import { entrainHere as entrain } from '../in-process.js'
import { expectMessage, PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()

const train = (...flags: readonly string[]) => entrain('train', '--out', at('never'), '--engine', 'onnx', ...flags)
const trainTiny = (...flags: readonly string[]) => train('--model', base(), ...flags)

/** Expects that no run folder was created. */
const neverRan = () => expect(existsSync(at('never'))).toBe(false)

const file = async (name: string, contents: string | Uint8Array): Promise<string> => {
  await writeFile(at(name), contents)
  return at(name)
}

describe('a bad command line', { timeout: PATIENCE }, () => {
  it.each([
    [['--stps', '3'], '--stps: unknown flag; did you mean --steps?'],
    [['--steps'], '--steps: found no value, expected N'],
    [['--model='], '--model: found no value, expected PATH'],
    [['--steps', '1', '--steps', '2'], '--steps: given twice'],
    [['word'], 'word: unexpected'],
    [['--algorithm', 'gpro'], '--algorithm: found "gpro", expected one of reinforce, raft, '],
    [
      ['--algorithm', 'grpo', '--mu', '2'],
      '--mu: no option of algorithm grpo; it has minibatches, aggregation, norm, ',
    ],
    [['--algorithm', 'cispo', '--ratio-hihg', '2'], '--ratio-hihg: unknown flag; did you mean --ratio-high?'],
    [['--dual-clip', 'nine'], '--dual-clip: found "nine", expected a number > 0, or none (null in a file)'],
    [['--clip-step', 'x'], '--clip-high-step: '],
    [['--replicas', '0'], '--replicas: found 0, expected an integer >= 1'],
    [['--filter', 'predict'], '--filter: found "predict", expected one of everything, sign, '],
    [['--entropy-band', '0.5'], '--entropy-band: found "0.5", expected a band: low and high'],
    [['--entropy-band', '0.6,0.5'], '--entropy-band: '],
    [
      ['--entropy-band', '0.5,0.6', '--band-schedule', 'cosine'],
      '--entropy-band: found --band-schedule beside it, expected one or the other',
    ],
    [
      ['--task', 'countdwn'],
      '--task: found "countdwn", expected one of countdown, moves, math; did you mean countdown?',
    ],
    [['--band-schedule', 'piecewise'], 'band.points: found nothing, expected a list of points'],
    [['--port', '1'], '--port: found it without --dashboard, expected both, because it has no effect alone'],
  ])('%j is reported', async (flags, message) => {
    const ended = await train(...flags)
    expectMessage(ended, 2, message)
    expect(ended.stderr).toMatch(/\nSee entrain train --help\.\n$/)
    expect(ended.stdout).toBe('')
    neverRan()
  })

  it('is reported with every wrong number at once', async () => {
    const numbers = ['--steps', '-3', '--prompts', 'NaN', '--group', '1', '--temperature', '0', '--top-p', '2']
    const { code, stderr } = await train(...numbers, '--learning-rate', 'Infinity', '--seed', '0.5')
    expect(code).toBe(2)
    expect(stderr.split('\n').sort()).toEqual(
      [
        '--steps: found -3, expected an integer >= 1',
        '--prompts: found "NaN", expected an integer >= 1',
        '--group: found 1, expected an integer >= 2',
        '--temperature: found 0, expected a number > 0',
        '--top-p: found 2, expected a number > 0 and <= 1',
        '--learning-rate: found Infinity, expected a number > 0',
        '--seed: found 0.5, expected an integer >= 0',
        'See entrain train --help.',
        '',
      ].sort(),
    )
    neverRan()
  })

  it('with low above high is reported with both bounds', async () => {
    const message = '--band-from: found low 0.7 and high 0.6, expected finite numbers with 0 <= low <= high'
    expectMessage(await train('--band-from', '0.7,0.6'), 2, message)
    neverRan()
  })
})

describe('a bad configuration file', { timeout: PATIENCE }, () => {
  it.each([
    ['an unknown field', 'steps: 3\nevaluation:\n  promts: 4\n', ':3: evaluation.promts: unknown field; did you mean'],
    [
      'a band upside down',
      'steps: 3\nband:\n  schedule: constant\n  from: { low: 0.7, high: 0.6 }\n',
      ':4: band.from: found low 0.7 and high 0.6, expected finite numbers with 0 <= low <= high',
    ],
    ['a number that is none', 'steps: 3\nlearningRate: .nan\n', ':2: learningRate: found NaN, expected a number > 0'],
    ['a value that is missing', 'seed: 3\nsteps:\n', ':2: steps: found null, expected an integer >= 1'],
    ['YAML that is none', 'steps: 3\nband: [1, 2\nseed: 1\n', ':3: Flow sequence in block collection must be'],
    ['a field twice', 'steps: 3\nsteps: 4\n', ':2: steps: found it twice, first in line 1, expected it once'],
    ['a list', '- steps\n', ':1: found ["steps"], expected a mapping of settings'],
  ])('with %s is reported with its line', async (_, yaml, message) => {
    const config = await file('run.yaml', yaml)
    expectMessage(await train('--config', config), 2, `${config}${message}`)
    neverRan()
  })

  it('that is missing is named', async () => {
    const config = at('none.yaml')
    expectMessage(await train('--config', config), 2, `${config}: found no such file, expected settings in YAML\n`)
    neverRan()
  })
})

describe('a bad checkpoint', { timeout: PATIENCE }, () => {
  it('that is missing is named, with the bundled ones', async () => {
    const message =
      'error: countdwn: found no such file, expected a .safetensors file, a .gguf file, a Hugging Face folder'
    expectMessage(await train('--model', 'countdwn'), 1, message)
    neverRan()
  })

  it.each([7, 500, 9000])('that is cut short after %i bytes is named, with what was found', async (length) => {
    const cut = await file('cut.safetensors', (await readFile(base())).subarray(0, length))
    const ended = await train('--model', cut)
    expectMessage(ended, 1, /found \d+ bytes.*, expected /)
    expect(ended.stderr.startsWith(`error: ${cut}`)).toBe(true)
    neverRan()
  })

  it('of another vocabulary is named, with both sizes', async () => {
    const sizes = { width: 4, layers: 1, heads: 2, kvHeads: 1, headWidth: 2, feedForward: 3 }
    const config = { ...sizes, vocabulary: 5, ropeTheta: 10_000, normEpsilon: 1e-6 }
    const bytes = encodeModel({ config, weights: initialWeights(config, 1), metadata: {} })
    const foreign = await file('foreign.safetensors', bytes)
    const message = `error: ${foreign}: found a vocabulary of 5 tokens, expected 20, as task countdown has\n`
    expectMessage(await train('--model', foreign), 1, message)
    neverRan()
  })
})

describe('a bad run folder', { timeout: PATIENCE }, () => {
  const trainInto = (folder: string) => entrain('train', '--model', base(), '--engine', 'onnx', '--out', folder)

  it('that is not empty is named, and not changed', async () => {
    const folder = at('full')
    await mkdir(folder)
    await writeFile(join(folder, 'mine'), 'x')
    const message = `error: ${folder}: found a folder with 1 entries, expected no folder, or an empty one\n`
    expectMessage(await trainInto(folder), 1, message)
    expect(await readdir(folder)).toEqual(['mine'])
  })

  it('that cannot be created is named', async () => {
    const folder = join(await file('file', 'x'), 'run')
    expectMessage(await trainInto(folder), 1, `error: ${folder}: found `)
  })
})

describe('a request for more than exists', { timeout: PATIENCE }, () => {
  it('for held-out prompts is reported with the available number, before anything runs', async () => {
    const ended = await trainTiny('--evaluation-prompts', '1000000')
    expectMessage(ended, 2, /^--evaluation-prompts: found \d+ different prompts in split test, expected 1000000\n/)
    neverRan()
  })

  it.skipIf(installed('@tensorflow/tfjs-node'))(
    'for an engine is reported with the command that installs it',
    async () => {
      const ended = await entrain('train', '--model', base(), '--out', at('never'), '--engine', 'tfjs-node')
      expectMessage(ended, 1, 'error: @tensorflow/tfjs-node is not installed: npm install @tensorflow/tfjs-node\n')
      neverRan()
    },
  )
})
