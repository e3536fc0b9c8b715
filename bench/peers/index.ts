/**
 * The same model, weights and batch in entrain and in PyTorch; the two run in turns.
 *
 *     pip install torch transformers trl && npm run bench -- peers [--engine NAME] [--python PATH] [--device cuda]
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
import { type Bench, type Cell, openBenchEngine } from '../bench.js'
import { DRAWN, createGeneration, promptsOf } from '../decode.js'
import { median, ratiosOf } from '../measure.js'
import { type BenchModel, L, S } from '../models.js'
import { createModel, OLD_LOGPROB, advantageOf, createBatch, createSequences, createUpdate } from '../synthetic.js'
import { openPeer, type Peer } from './peer.js'
import { createSteppedJob } from './rl-step.js'

const modes = ['eager', 'compiled'] as const

export const peersBench: Bench = async function* (options) {
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
      rows.push([mode, ...(await compareInTurns(ours, peer, model === S ? 12 : 5))])
      peer.close()
    }
    return rows
  }
  const table = (title: string, rows: readonly (readonly Cell[])[]) => ({ title, heading, rows })
  try {
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
    yield table(
      `Generation of ${DRAWN} tokens for 64 rows, beside PyTorch`,
      await rowsOfModels([S, L], (model) => compareGeneration(engine, model, compare)),
    )
    if (options.device !== 'cpu') return
    const checkpoint = await orThrow(readModel(checkpointPath(trainDefaults.model)))
    const prompts = join(folder, 'prompts.json')
    await writeFile(prompts, JSON.stringify(promptsOfTask(1024)))
    const job = await createSteppedJob(engine, checkpoint)
    const peer = openPeer(options.python, 'grpo.py', [checkpointPath(trainDefaults.model), prompts])
    yield {
      title: 'A step of the default job, beside TRL’s GRPOTrainer',
      heading: heading.slice(2),
      // The first steps compile programs for new shapes.
      rows: [await compareInTurns(() => job.step(), peer, 20, 30)],
    }
    peer.close()
    await job.close()
  } finally {
    await rm(folder, { recursive: true })
    await engine.close()
  }
}

const promptsOfTask = (count: number) => {
  const prompts: { readonly text: string; readonly reference: string }[] = []
  for (const { text, reference } of tasks[trainDefaults.task].create().prompts('train', trainDefaults.seed)) {
    if (prompts.length === count) break
    prompts.push({ text, reference })
  }
  return prompts
}

const heading = ['model', 'PyTorch', 'ours, median s', 'theirs, median s', 'ratio, median', 'lowest', 'highest']

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

const updateGiven = (model: BenchModel) => ({
  sequences: createSequences(model).map((tokens) => [...tokens]),
  advantages: Array.from({ length: model.rows }, (_, row) => advantageOf(row)),
  oldLogprob: OLD_LOGPROB,
  learningRate: 1e-4,
})

const ROWS = 64
const GROUP = 8

const compareGeneration = async (engine: Engine, model: BenchModel, compare: Compare) => {
  const local = await createModel(engine, model)
  const given = { prompts: promptsOf(model, ROWS / GROUP).map(({ tokens }) => tokens), group: GROUP, drawn: DRAWN }
  const rows = await compare('decode.py', model, given, createGeneration(local, model, ROWS))
  await local.close()
  return rows
}

/** Measures pairs of runs after unmeasured ones. Returns both medians, and median, lowest and highest ratio. */
const compareInTurns = async (
  ours: () => Promise<unknown>,
  peer: Peer,
  pairs: number,
  warmup = 2,
): Promise<readonly number[]> => {
  const [own, theirs]: [number[], number[]] = [[], []]
  for (let n = -warmup; n < pairs; n++) {
    const start = performance.now()
    await ours()
    const ownSeconds = (performance.now() - start) / 1000
    const { seconds } = await peer.run()
    if (n < 0) continue
    own.push(ownSeconds)
    theirs.push(seconds)
  }
  return [median(own), median(theirs), ...ratiosOf(own, theirs)]
}
