import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { train } from '#cli/commands/train.js'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { rightOrThrow, orThrow } from '#lib/or-throw.js'
import { readRunStatus } from '#lib/run/run-status.js'
import { wallClock } from '#lib/timing/wall-clock.js'
import { decodeStateFile, encodeStateFile, type StateFile } from '#lib/run/checkpoint/state-file.js'
import { fakeTerminal } from '../fake-terminal.js'
import { entrainHere, entrainWellHere, entrainWithNotesHere } from '../in-process.js'
import { entrainWell, expectMessage, PATIENCE, workshop } from '../process.js'
import { writeQuestions, writeTinyLanguageModel } from '../tiny-language-model.js'

const { at, base } = workshop()
const settings =
  '--steps 4 --prompts 2 --group 2 --engine onnx --threads 1 --evaluation-prompts 2 --evaluation-samples 2 --evaluation-every 2 --checkpoint-every 1 --keep 9 --entropy-band 1,1.1:0.5,0.6'.split(
    ' ',
  )
/** Model of the runs. It is a copy, so that a spec can change it. */
const model = () => at('model.safetensors')

beforeAll(async () => {
  await cp(base(), model())
  await entrainWithNotesHere('train', '--model', model(), '--out', at('whole'), ...settings)
}, PATIENCE)

let count = 0
/** Copy of the finished run, with its checkpoints. */
const copyOfRun = async (): Promise<string> => {
  const folder = at(`copy-${count++}`)
  await cp(at('whole'), folder, { recursive: true })
  return folder
}

const linesOf = async (folder: string, file: string): Promise<readonly unknown[]> =>
  (await readFile(join(folder, file), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

const stateFile = (folder: string, step: number) => join(folder, `checkpoints/step-00000${step}/state.json`)
const stateOf = async (folder: string, step: number): Promise<StateFile> => {
  const file = stateFile(folder, step)
  return rightOrThrow(decodeStateFile(file, await readFile(file, 'utf8')))
}
/** Changes the state of a checkpoint, which stays intact. */
const changeState = async (folder: string, step: number, change: (state: StateFile) => Partial<StateFile>) => {
  const state = await stateOf(folder, step)
  await writeFile(stateFile(folder, step), encodeStateFile({ ...state, ...change(state) }))
}

const configOf = async (folder: string): Promise<unknown> => parse(await readFile(join(folder, 'config.yaml'), 'utf8'))

const expectSameRun = async (folder: string) => {
  for (const file of ['metrics.jsonl', 'evaluations.jsonl', 'rollouts.jsonl', 'checkpoint.safetensors'])
    expect((await readFile(join(folder, file))).equals(await readFile(at('whole', file))), file).toBe(true)
}

describe('entrain resume', () => {
  it('does nothing for a run that is finished', async () => {
    const { code, stderr } = await entrainHere('resume', at('whole'))
    expectMessage({ code, stderr }, 0, 'the run has finished its 4 steps; --steps N makes more')
  })

  it('goes on from an earlier checkpoint, keeps what it cuts, and ends with the same bytes', async () => {
    const folder = await copyOfRun()
    await entrainWell('resume', folder, '--from', '2')
    await expectSameRun(folder)
    expect(await linesOf(folder, 'cut/1/metrics.jsonl')).toHaveLength(2)
    expect(await readFile(join(folder, 'cut/1/step-000004/state.json'), 'utf8')).toContain('"step": 4')
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([{ step: 2, changed: [] }])
  })

  it('uses the checkpoint before one that is damaged, and names both', async () => {
    const folder = await copyOfRun()
    // Without a summary the run was killed.
    await rm(join(folder, 'summary.json'))
    await truncate(join(folder, 'checkpoints/step-000004/parameters.safetensors'), 100)
    const { stderr } = await entrainWithNotesHere('train', '--resume', folder)
    expect(stderr).toMatch(/checkpoint not used: .*step-000004.parameters\.safetensors: found 100 bytes, expected \d+/)
    expect(stderr).toMatch(/goes on from .*step-000003/)
    await expectSameRun(folder)
    const { stdout } = await entrainWellHere('checkpoints', folder)
    expect(stdout).toMatch(/^ {2}step +size +score +state$/m)
    expect(stdout.match(/intact/g)).toHaveLength(4)
  })

  it('starts again from the first step if no checkpoint is intact', async () => {
    const folder = await copyOfRun()
    await rm(join(folder, 'summary.json'))
    for (const step of [1, 2, 3, 4]) await writeFile(join(folder, `checkpoints/step-00000${step}/state.json`), '{}')
    expect((await entrainHere('checkpoints', folder)).stdout.match(/damaged: .*state\.json/g)).toHaveLength(4)
    const { stderr } = await entrainWithNotesHere('resume', folder)
    expect(stderr).toContain('has no intact checkpoint: it starts again from its first step')
    await expectSameRun(folder)
  })

  it('trains longer, and keeps the plan of the band', async () => {
    const folder = await copyOfRun()
    const { stderr } = await entrainWithNotesHere('resume', folder, '--steps', '6')
    expect(stderr).toContain('steps: 4 before, 6 from step 4 on')
    const metrics = (await linesOf(folder, 'metrics.jsonl')) as { low: number }[]
    expect(metrics.slice(0, 4)).toEqual(await linesOf(at('whole'), 'metrics.jsonl'))
    expect(metrics.slice(4)).toMatchObject([{ low: 0.5 }, { low: 0.5 }])
    expect(await linesOf(folder, 'evaluations.jsonl')).toMatchObject([0, 2, 4, 6].map((step) => ({ step })))
    expect(await readFile(join(folder, 'config.yaml'), 'utf8')).toMatch(/^plannedSteps: 4$/m)
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([
      { step: 4, changed: [{ setting: 'steps', before: 4, now: 6 }, { setting: 'plannedSteps' }] },
    ])
  })

  it.each([
    [['--seed', '2'], /^seed: found 2, expected 1, because a resumed run cannot change it/m],
    [['--algorithm', 'grpo'], /^algorithm: found "grpo", expected "entrocraft-calibrated", because/m],
    [['--from', '7'], /^--from: found 7, expected the step of a checkpoint of .*: 1, 2, 3, 4$/m],
    [['--from', 'x'], /^--from: found x, expected an integer >= 1$/m],
    [['--entropy-band', 'auto'], /^band: found auto, expected low and high, because a resumed run measures no band$/m],
  ])('refuses %j', async (flags, message) => {
    const folder = await copyOfRun()
    expectMessage(await entrainHere('resume', folder, ...flags), 2, message)
    expect(await readFile(join(folder, 'metrics.jsonl'))).toEqual(await readFile(at('whole', 'metrics.jsonl')))
  })

  it('refuses fewer steps than the checkpoint has, a folder without a run, and flags of a new run', async () => {
    const folder = await copyOfRun()
    expectMessage(
      await entrainHere('resume', folder, '--from', '3', '--steps', '2'),
      2,
      /^--steps: found 2, expected at least 3, the steps of the checkpoint$/m,
    )
    expectMessage(await entrainHere('resume', at('nothing')), 2, 'found no such file, expected a run folder')
    expectMessage(
      await entrainHere('train', '--resume', folder, '--out', at('other')),
      2,
      /^--out: found it beside a run to resume/m,
    )
  })

  it('refuses a damaged checkpoint that --from names, and says what is wrong with it', async () => {
    const folder = await copyOfRun()
    await truncate(join(folder, 'checkpoints/step-000003/parameters.safetensors'), 100)
    const { code, stderr } = await entrainHere('resume', folder, '--from', '3')
    expectMessage(
      { code, stderr },
      1,
      /step-000003.parameters\.safetensors: found 100 bytes, expected \d+: the file is torn or altered/,
    )
    expect(stderr).not.toContain('--from')
  })

  it('refuses a log that has lost lines', async () => {
    const folder = await copyOfRun()
    await truncate(join(folder, 'metrics.jsonl'), 10)
    expectMessage(
      await entrainHere('resume', folder, '--from', '4'),
      1,
      /metrics\.jsonl: found 10 bytes, expected at least \d+, as at the checkpoint: lines of the log are lost/,
    )
  })

  it('refuses a model file whose contents have changed', async () => {
    const folder = await copyOfRun()
    const bytes = await readFile(model())
    try {
      await writeFile(
        model(),
        Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
      )
      expectMessage(
        await entrainHere('resume', folder, '--from', '2'),
        2,
        /model\.safetensors: found \d+ bytes with another SHA-256 digest, expected the \d+ bytes that the run has read before/,
      )
    } finally {
      await writeFile(model(), bytes)
    }
  })
})

describe('a resumption that fails', { timeout: PATIENCE }, () => {
  it('before its first step, at servers that cannot be reached, leaves the run as it was', async () => {
    const folder = at('adapted')
    await entrainWithNotesHere('train', '--model', model(), '--out', folder, ...settings, '--lora-rank', '2')
    await cp(folder, at('adapted-before'), { recursive: true })
    const { code, stderr } = await entrainHere('resume', folder, '--from', '2', '--rollouts', 'http://127.0.0.1:9')
    expectMessage({ code, stderr }, 1, 'http://127.0.0.1:9')
    for (const file of ['metrics.jsonl', 'evaluations.jsonl', 'summary.json', 'checkpoints/step-000004/state.json'])
      expect(await readFile(join(folder, file)), file).toEqual(await readFile(at('adapted-before', file)))
    await entrainWithNotesHere('resume', folder, '--from', '2')
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([{ step: 2, changed: [] }])
  })

  it('while it cuts the logs leaves no run that says that it is finished', async () => {
    const folder = await copyOfRun()
    await writeFile(join(folder, 'cut'), '')
    expect(await entrainHere('resume', folder, '--from', '2')).toMatchObject({ code: 1 })
    expect(await orThrow(readRunStatus(folder, wallClock))).toMatchObject({ status: 'interrupted' })
    await rm(join(folder, 'cut'))
    await entrainWithNotesHere('resume', folder, '--from', '2')
    await expectSameRun(folder)
  })
})

describe('the scores of checkpoints', { timeout: PATIENCE }, () => {
  it('include that of the last one, whose evaluation follows it', async () => {
    const { stdout } = await entrainWellHere('checkpoints', at('whole'))
    expect(stdout).toMatch(/^ *2 .* \d\.\d{3} +intact$/m)
    expect(stdout).toMatch(/^ *3 .*B +intact$/m)
    expect(stdout).toMatch(/^ *4 .* \d\.\d{3} +intact$/m)
  })

  it('include that of one whose evaluation was interrupted and made after the run was resumed', async () => {
    const folder = await copyOfRun()
    const { score } = await stateOf(folder, 2)
    expect(score).not.toBeNull()
    const [first] = (await readFile(join(folder, 'evaluations.jsonl'), 'utf8')).split('\n')
    await changeState(folder, 2, ({ logs }) => ({
      score: null,
      logs: { ...logs, 'evaluations.jsonl': first!.length + 1 },
    }))
    await entrainWithNotesHere('resume', folder, '--from', '2')
    expect(await stateOf(folder, 2)).toMatchObject({ score })
    await expectSameRun(folder)
  })
})

describe('the engine of a run', { timeout: PATIENCE }, () => {
  it('is in its checkpoints', async () => {
    expect(await stateOf(at('whole'), 3)).toMatchObject({ engine: { name: 'onnx', device: null, threads: 1 } })
  })

  it('is noted and recorded if it is another one, though the configuration is the same', async () => {
    const folder = await copyOfRun()
    await changeState(folder, 2, () => ({ engine: { name: 'onnx', device: null, threads: 64 } }))
    const { notes } = await entrainWithNotesHere('resume', folder, '--from', '2')
    expect(notes).toContain('threads: 64 before, 1 from step 2 on\n')
    expect(notes).toContain('numbers differ by rounding from those of a run without interruption\n')
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([
      { step: 2, changed: [{ setting: 'threads', before: 64, now: 1 }] },
    ])
    expect(await readFile(join(folder, 'config.yaml'))).toEqual(await readFile(at('whole', 'config.yaml')))
  })
})

describe('an override of the band', { timeout: PATIENCE }, () => {
  const bands = async (folder: string) =>
    (await linesOf(folder, 'metrics.jsonl')).map((line) => {
      const { low, steered } = line as { readonly low: number; readonly steered: unknown }
      return { low, steered }
    })

  beforeAll(async () => {
    const flags = settings.map((word) => word.replace(/^--/, ''))
    const pairs = flags.flatMap((word, i) => (i % 2 === 0 ? [[word, flags[i + 1]!] as const] : []))
    const config = await orThrow(loadTrainConfig(new Map(pairs).set('model', model())))
    const code = await train(config, {
      out: at('steered'),
      terminal: fakeTerminal(),
      begin: ({ entropy }) => entropy.steer({ low: 0.7, high: 0.8 }),
    })
    expect(code).toBe(0)
  }, PATIENCE)

  it('stays in force in a resumed run', async () => {
    await cp(at('steered'), at('kept'), { recursive: true })
    await entrainWithNotesHere('resume', at('kept'), '--from', '2')
    expect((await bands(at('kept'))).slice(2)).toEqual([2, 3].map(() => ({ low: 0.7, steered: null })))
  })

  it('ends if the band is changed, also if the run is killed before its next checkpoint', async () => {
    await cp(at('steered'), at('released'), { recursive: true })
    const expected = [
      { low: 0.2, steered: [] },
      { low: 0.2, steered: null },
    ]
    for (const flags of [['--entropy-band', '0.2,0.3'], []]) {
      const { notes } = await entrainWithNotesHere('resume', at('released'), '--from', '2', ...flags)
      expect(notes).toContain('the override of the band ends, because the planned band has changed\n')
      expect((await bands(at('released'))).slice(2)).toEqual(expected)
    }
    const { notes } = await entrainWithNotesHere('resume', at('released'), '--from', '3')
    expect(notes).not.toContain('override')
    expect((await bands(at('released'))).slice(2)).toEqual(expected)
  })
})

describe('a configuration that was edited before the run is resumed', { timeout: PATIENCE }, () => {
  const edit = async (folder: string, ...changes: readonly (readonly [RegExp, string])[]) => {
    const file = join(folder, 'config.yaml')
    const text = changes.reduce((before, [setting, now]) => before.replace(setting, now), await readFile(file, 'utf8'))
    await writeFile(file, text)
  }

  it.each([
    [/^seed: 1$/m, 'seed: 2', /^seed: found 2, expected 1, because a resumed run cannot change it/m],
    [/^model: .*$/m, 'model: countdown', /^model: found "countdown", expected ".*model\.safetensors", because/m],
    [/^algorithm: .*$/m, 'algorithm: grpo', /^algorithm: found "grpo", expected "entrocraft-calibrated", because/m],
  ])('is refused as flags are: %s', async (setting, now, message) => {
    for (const flags of [[], ['--from', '2'], ['--steps', '6']]) {
      const folder = await copyOfRun()
      await edit(folder, [setting, now])
      expectMessage(await entrainHere('resume', folder, ...flags), 2, message)
      expect(await readFile(join(folder, 'metrics.jsonl'))).toEqual(await readFile(at('whole', 'metrics.jsonl')))
    }
  })

  it('is noted and recorded, and more steps keep the plan', async () => {
    const folder = await copyOfRun()
    await edit(folder, [/^learningRate: .*$/m, 'learningRate: 0.01'], [/^steps: 4$/m, 'steps: 5'])
    const { notes } = await entrainWithNotesHere('train', '--resume', folder)
    expect(notes).toMatch(/^learningRate: \S+ before, 0\.01 from step 4 on$/m)
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([
      { step: 4, changed: [{ setting: 'steps' }, { setting: 'plannedSteps', now: 4 }, { setting: 'learningRate' }] },
    ])
    expect(await configOf(folder)).toMatchObject({ steps: 5, plannedSteps: 4, learningRate: 0.01 })
    expect(await stateOf(folder, 5)).toMatchObject({ config: { steps: 5, plannedSteps: 4, learningRate: 0.01 } })
    // The run had the setting of its last checkpoint, so nothing has changed since.
    const again = await entrainHere('resume', folder, '--from', '5')
    expect(again).toMatchObject({ code: 0, notes: expect.not.stringContaining('before') as string })
  })

  it('is compared with the files of a checkpoint of an earlier version, which has no configuration', async () => {
    const folder = await copyOfRun()
    for (const step of [1, 2, 3, 4]) await changeState(folder, step, () => ({ config: null }))
    await cp(model(), at('other.safetensors'))
    const original = await readFile(join(folder, 'config.yaml'), 'utf8')
    await edit(folder, [/^model: .*$/m, `model: ${at('other.safetensors')}`])
    expectMessage(
      await entrainHere('resume', folder, '--from', '2'),
      2,
      /model\.safetensors: found no such file among those that the run reads, expected the \d+ bytes that it has read before/,
    )
    await writeFile(join(folder, 'config.yaml'), original)
    await entrainWithNotesHere('resume', folder, '--from', '2')
    await expectSameRun(folder)
  })
})

describe('the folder of a model', { timeout: PATIENCE }, () => {
  const inModel = (name: string) => at('words', name)
  /** Resumes a copy of the run from its first checkpoint, whose state is changed before. */
  const resumeCopy = async (change: Parameters<typeof changeState>[2] = () => ({})) => {
    const folder = at(`copy-${count++}`)
    await cp(at('language'), folder, { recursive: true })
    await changeState(folder, 1, change)
    return entrainHere('resume', folder, '--from', '1')
  }
  const digest = { bytes: 9, sha256: 'of another time' }
  const namesOf = ({ inputs }: StateFile) => Object.keys(inputs).map((name) => basename(name))

  beforeAll(async () => {
    await writeTinyLanguageModel(at('words'))
    await writeQuestions(at('questions.jsonl'))
    for (const name of ['README.md', '.DS_Store', 'pytorch_model.bin']) await writeFile(inModel(name), 'of no use')
    const own = ['--model', at('words'), '--data', at('questions.jsonl'), '--steps', '2', '--max-tokens', '4']
    const others = settings.slice(2)
    await entrainWithNotesHere('train', '--out', at('language'), ...own, ...others)
  }, PATIENCE)

  it('may have other files, which change or vanish', async () => {
    expect(namesOf(await stateOf(at('language'), 1)).toSorted()).toEqual(
      ['config.json', 'model.safetensors', 'questions.jsonl', 'tokenizer.json', 'tokenizer_config.json'].toSorted(),
    )
    await writeFile(inModel('README.md'), 'changed')
    await rm(inModel('.DS_Store'))
    expect(await resumeCopy()).toMatchObject({ code: 0 })
  })

  it('may have other files also if a checkpoint of an earlier format has their digests', async () => {
    const others = { [inModel('README.md')]: digest, [inModel('.DS_Store')]: digest }
    const resumed = await resumeCopy(({ inputs }) => ({ config: null, inputs: { ...inputs, ...others } }))
    expect(resumed).toMatchObject({ code: 0 })
  })

  it('may not get a file that the run would read now', async () => {
    await writeFile(inModel('chat_template.jinja'), '{{ messages }}')
    const added = /words.chat_template\.jinja: found 14 bytes, expected no such file, because the run has not read it/
    expectMessage(await resumeCopy(), 2, added)
    await rm(inModel('chat_template.jinja'))
  })

  it('may not lose a file that the run has read', async () => {
    const lost = /generation_config\.json: found no such file among those that the run reads, expected the 9 bytes/
    const before = { [inModel('generation_config.json')]: digest }
    expectMessage(await resumeCopy(({ inputs }) => ({ inputs: { ...inputs, ...before } })), 2, lost)
  })
})

describe('the module of a verifier', { timeout: PATIENCE }, () => {
  /** Writes a verifier that changes its own file when it judges for the first time. */
  const writeVerifier = (name: string) =>
    writeFile(
      at(name),
      `import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
let isFirst = true
export const verifier = (_, { tokens }) => {
  if (isFirst) appendFileSync(fileURLToPath(import.meta.url), '// changed\\n')
  isFirst = false
  const correct = tokens.length % 2 === 0
  return { value: correct ? 1 : -1, correct }
}
`,
    )
  const resumeWith = (...flags: readonly string[]) => entrainHere('resume', at('judged'), '--from', '2', ...flags)

  it('is refused if it has changed since the run opened it, and may be replaced by another one', async () => {
    for (const name of ['first.mjs', 'second.mjs']) await writeVerifier(name)
    const own = ['--reward-threads', '1', '--verifier', at('first.mjs')]
    await entrainWithNotesHere('train', '--model', model(), '--out', at('judged'), ...settings, ...own)
    const changed =
      /first\.mjs: found \d+ bytes with another SHA-256 digest, expected the \d+ bytes that the run has read/
    expectMessage(await resumeWith(), 2, changed)
    const { code, notes } = await resumeWith('--verifier', at('second.mjs'))
    expect(notes).toMatch(/^verifier: ".*first\.mjs" before, ".*second\.mjs" from step 2 on$/m)
    expect(code).toBe(0)
    // The checkpoint still names the first one, and the configuration the second one.
    expect(await resumeWith()).toMatchObject({ code: 0 })
  })
})

describe('the comparison of a resumed run', { timeout: 2 * PATIENCE }, () => {
  const compared = async (folder: string) =>
    (JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as { readonly compared: unknown }).compared

  it('starts anew with another algorithm or other settings, and goes on if the run becomes longer', async () => {
    const folder = await copyOfRun()
    await entrainWithNotesHere('resume', folder, '--compare', 'grpo')
    expect(await compared(folder)).toMatchObject({ algorithm: 'grpo', status: 'finished' })
    const done = await entrainHere('resume', folder)
    expectMessage(done, 0, 'the run has finished its 4 steps')

    const other = await entrainWithNotesHere('resume', folder, '--compare', 'reinforce')
    expect(other.notes).toMatch(
      /^the comparison starts anew, and the one before is kept in .*cut.\d+.compare: algorithm: "grpo" before, "reinforce" now/m,
    )
    expect(await compared(folder)).toMatchObject({ algorithm: 'reinforce', status: 'finished' })
    await entrainWithNotesHere('train', '--config', join(folder, 'compare/config.yaml'), '--out', at('fresh'))
    for (const file of ['metrics.jsonl', 'evaluations.jsonl'])
      expect(await readFile(join(folder, 'compare', file))).toEqual(await readFile(at('fresh', file)))

    const faster = await entrainWithNotesHere('resume', folder, '--from', '2', '--learning-rate', '0.01')
    expect(faster.notes).toMatch(/^the comparison starts anew, .*: learningRate: .* before, 0\.01 now$/m)
    expect(await configOf(join(folder, 'compare'))).toMatchObject({ algorithm: 'reinforce', learningRate: 0.01 })

    const before = await readFile(join(folder, 'compare/metrics.jsonl'))
    const longer = await entrainWithNotesHere('resume', folder, '--steps', '5')
    expect(longer.notes).not.toContain('anew')
    const metrics = await readFile(join(folder, 'compare/metrics.jsonl'))
    expect(metrics.subarray(0, before.length)).toEqual(before)
    expect(await linesOf(join(folder, 'compare'), 'metrics.jsonl')).toHaveLength(5)
    expect(await linesOf(join(folder, 'compare'), 'resumptions.jsonl')).toMatchObject([
      { step: 4, changed: [{ setting: 'steps' }, { setting: 'plannedSteps' }] },
    ])

    for (const of of [folder, join(folder, 'compare')]) {
      const text = await readFile(join(of, 'config.yaml'), 'utf8')
      await writeFile(join(of, 'config.yaml'), text.replace(/^learningRate: 0\.01$/m, 'learningRate: 0.02'))
    }
    const edited = await entrainWithNotesHere('resume', folder, '--steps', '6')
    expect(edited.notes).toMatch(/^learningRate: 0\.01 before, 0\.02 from step 5 on$/m)
    expect(edited.notes).toMatch(/^the comparison starts anew, .*: learningRate: 0\.01 before, 0\.02 now$/m)
  })
})
