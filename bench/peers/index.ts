/**
 * The same model, weights and batch here and in PyTorch, one run after the other in turns: A B A B.
 *
 *     pip install torch transformers trl && npm run bench -- peers [--engine NAME] [--python PATH] [--device cuda]
 *
 * On the CPU both use two threads, and the memory allocator as it comes. TRL runs on the CPU alone. The ratio is that of the pair of runs beside each other; below 1 is faster than the peer.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initialWeights } from '../../lib/model/weights.js'
import { checkpointPath, readModel, writeModel } from '../../lib/model/model-file.js'
import { tasks } from '../../lib/task/index.js'
import { trainDefaults } from '../../cli/config/train-config.js'
import { steppedJob } from './rl-step.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { orThrow } from '../../lib/or-throw.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { type Bench, type Cell, openBenchEngine } from '../bench.js'
import { DRAWN, generationOn, promptsOf } from '../decode.js'
import { median } from '../measure.js'
import { type BenchModel, L, S } from '../models.js'
import {
  freshModel,
  OLD_LOGPROB,
  syntheticAdvantage,
  syntheticBatch,
  syntheticSequences,
  updateOn,
} from '../synthetic.js'
import { openPeer, type Peer } from './peer.js'

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
      rows.push([mode, ...(await inTurns(ours, peer, model === S ? 12 : 5))])
      peer.close()
    }
    return rows
  }
  const table = (title: string, rows: readonly (readonly Cell[])[]) => ({ title, heading, rows })
  try {
    yield table(
      'One update, beside PyTorch',
      await both([S, L], async (model) => {
        const local = await freshModel(engine, model)
        const ours = updateOn(local, syntheticBatch(model), ppoClip())
        const rows = await compare('train_step.py', model, updateGiven(model), ours)
        await local.close()
        return rows
      }),
    )
    yield table(
      `Generation of ${DRAWN} tokens for 64 rows, beside PyTorch`,
      await both([S, L], (model) => generated(engine, model, compare)),
    )
    if (options.device !== 'cpu') return
    const checkpoint = await orThrow(readModel(checkpointPath(trainDefaults.model)))
    const prompts = join(folder, 'prompts.json')
    await writeFile(prompts, JSON.stringify(promptsOfTask(1024)))
    const job = await steppedJob(engine, checkpoint)
    const peer = openPeer(options.python, 'grpo.py', [checkpointPath(trainDefaults.model), prompts])
    yield {
      title: 'A step of the default job, beside TRL’s GRPOTrainer',
      heading: heading.slice(2),
      // Programs of new shapes are compiled in the first steps.
      rows: [await inTurns(() => job.step(), peer, 20, 30)],
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

const both = async (
  models: readonly BenchModel[],
  rowsOf: (model: BenchModel) => Promise<readonly (readonly Cell[])[]>,
): Promise<readonly (readonly Cell[])[]> => {
  const rows = []
  for (const model of models) for (const row of await rowsOf(model)) rows.push([model.name, ...row])
  return rows
}

const updateGiven = (model: BenchModel) => ({
  sequences: syntheticSequences(model).map((tokens) => [...tokens]),
  advantages: Array.from({ length: model.rows }, (_, row) => syntheticAdvantage(row)),
  oldLogprob: OLD_LOGPROB,
  learningRate: 1e-4,
})

const ROWS = 64
const GROUP = 8

const generated = async (engine: Engine, model: BenchModel, compare: Compare) => {
  const local = await freshModel(engine, model)
  const given = { prompts: promptsOf(model, ROWS / GROUP).map(({ tokens }) => tokens), group: GROUP, drawn: DRAWN }
  const rows = await compare('decode.py', model, given, generationOn(local, model, ROWS))
  await local.close()
  return rows
}

/** Some unmeasured runs of each, then pairs. */
const inTurns = async (
  ours: () => Promise<unknown>,
  peer: Peer,
  pairs: number,
  warmup = 2,
): Promise<readonly number[]> => {
  const runs: { ours: number; theirs: number }[] = []
  for (let n = -warmup; n < pairs; n++) {
    const start = performance.now()
    await ours()
    const seconds = (performance.now() - start) / 1000
    const theirs = await peer.run()
    if (n >= 0) runs.push({ ours: seconds, theirs: theirs.seconds })
  }
  const ratios = runs.map((run) => run.ours / run.theirs)
  return [
    median(runs.map((run) => run.ours)),
    median(runs.map((run) => run.theirs)),
    median(ratios),
    Math.min(...ratios),
    Math.max(...ratios),
  ]
}
