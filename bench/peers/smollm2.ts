import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { trainDefaults } from '../../cli/config/train-config.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { freshAdapters, withAdapters } from '../../lib/model/lora/adapters.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { readModel } from '../../lib/model/model-file.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { orThrow } from '../../lib/or-throw.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import type { Task } from '../../lib/task/task.js'
import { readTokenizer } from '../../lib/tokenizer/read-tokenizer.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import type { Cell, Table } from '../bench.js'
import { createGeneration, promptsOf } from '../decode.js'
import { ADAPTERS, type BenchModel, SMOLLM2 } from '../models.js'
import { createBatch, createModel, createUpdate } from '../synthetic.js'
import { compareInTurns, type Pairs, turnsHeading } from '../in-turns.js'
import { timed } from '../measure.js'
import { openPeer, secondsOf } from './peer.js'
import { createSteppedJob } from './rl-step.js'
import { updateGiven } from './update-given.js'

/** Parts of the comparison. */
export const smollm2Parts = ['smollm2-generation', 'smollm2-update', 'smollm2-step'] as const

/** Sizes of the work. */
export interface Smollm2Sizes {
  /** Numbers of sequences that are generated together. */
  readonly generated: readonly number[]
  /** Tokens that are drawn for each of them. */
  readonly drawn: number
  /** Batch of an update. */
  readonly batch: Pick<BenchModel, 'rows' | 'length'>
  /** An RL step. */
  readonly step: { readonly prompts: number; readonly group: number; readonly maxTokens: number }
  readonly turns: Pairs
}

/** Sizes of the tables in the documentation. */
export const smollm2Sizes: Smollm2Sizes = {
  generated: [32, 128],
  drawn: 48,
  batch: SMOLLM2,
  step: { prompts: 8, group: 4, maxTokens: 48 },
  turns: { pairs: 5, warmup: 1 },
}

interface Comparison {
  readonly engine: Engine
  readonly python: string
  /** Path of SmolLM2-135M-Instruct.Q4_1.gguf. */
  readonly path: string
  /** Folder for the inputs of the peers. */
  readonly folder: string
  readonly sizes: Smollm2Sizes
}

const lora = ADAPTERS
const adapted = (checkpoint: ModelSource): ModelSource =>
  withAdapters(checkpoint, freshAdapters(checkpoint.config, lora, 1))

/** Compares the work on SmolLM2-135M with transformers, PyTorch and PEFT, and TRL. Both read the same GGUF file, and compute in float32. */
export async function* compareSmollm2(
  comparison: Comparison,
  isAsked: (part: (typeof smollm2Parts)[number]) => boolean,
): AsyncGenerator<Table> {
  const checkpoint = await orThrow(readModel(comparison.path))
  if (isAsked('smollm2-generation')) yield await compareGeneration(comparison, checkpoint)
  if (isAsked('smollm2-update')) yield await compareUpdates(comparison, checkpoint)
  if (isAsked('smollm2-step')) yield await compareStep(comparison, checkpoint)
}

const compareGeneration = async (comparison: Comparison, checkpoint: ModelSource): Promise<Table> => {
  const { engine, sizes } = comparison
  const model = { ...SMOLLM2, config: checkpoint.config }
  const rows: Cell[][] = []
  const local = await createModel(engine, model, { checkpoint })
  for (const sequences of sizes.generated) {
    const group = Math.min(8, sequences)
    const prompts = promptsOf(model, sequences / group).map(({ tokens }) => tokens)
    const ours = createGeneration(local, model, sequences, sizes.drawn)
    const given = { prompts, group, drawn: sizes.drawn }
    rows.push([sequences, ...(await inTurns(comparison, 'smollm2.py', given, ours, 'generate'))])
  }
  await local.close()
  return {
    title: `Generation of ${sizes.drawn} tokens by ${SMOLLM2.name}, beside transformers`,
    heading: ['rows', ...turnsHeading()],
    rows,
  }
}

const compareUpdates = async (comparison: Comparison, checkpoint: ModelSource): Promise<Table> => {
  const { engine, sizes } = comparison
  const model = { ...SMOLLM2, ...sizes.batch, config: checkpoint.config }
  const rows: Cell[][] = []
  for (const [trained, mode, source] of [
    ['adapters', 'adapters', adapted(checkpoint)],
    ['all weights', 'update', checkpoint],
  ] as const) {
    const local = await createModel(engine, model, { checkpoint: source })
    const ours = createUpdate(local, createBatch(model), ppoClip())
    rows.push([trained, ...(await inTurns(comparison, 'smollm2.py', { ...updateGiven(model), lora }, ours, mode))])
    await local.close()
  }
  return {
    title: `One update of ${SMOLLM2.name} on ${model.rows} sequences of ${model.length} tokens, beside PyTorch with PEFT`,
    heading: ['trained', ...turnsHeading()],
    rows,
  }
}

const compareStep = async (comparison: Comparison, checkpoint: ModelSource): Promise<Table> => {
  const { engine, path, sizes } = comparison
  const { tokenizer } = await orThrow(readTokenizer(path))
  const config = {
    ...trainDefaults,
    ...sizes.step,
    algorithm: 'grpo' as const,
    options: algorithms.grpo.defaults,
    filter: algorithms.grpo.filter,
  }
  const job = await createSteppedJob(engine, adapted(checkpoint), { config, task: letterTask(tokenizer) })
  const given = { texts: Array.from({ length: 1024 }, (_, n) => textOf(n)), lora, ...sizes.step }
  const row = await inTurns(comparison, 'smollm2_grpo.py', given, () => job.step())
  await job.close()
  const { prompts, group, maxTokens } = sizes.step
  return {
    title: `An RL step on adapters of ${SMOLLM2.name}, ${prompts} x ${group} x ${maxTokens} tokens, beside TRL with PEFT`,
    heading: turnsHeading(),
    rows: [row],
  }
}

const textOf = (n: number): string => `Question ${n}: what is ${n % 17} plus ${n % 23}? Answer:`

/** Task whose reward is a completion's share of the letter e, as in smollm2_grpo.py. No completion ends early. */
const letterTask = (tokenizer: Tokenizer): Task => ({
  name: 'letters',
  tokenizer: { ...tokenizer, ends: [] },
  rewardScale: 'signed',
  verifier: (_, { text }) => [{ value: (text.split('e').length - 1) / Math.max(1, text.length), correct: false }],
  maxTokens: smollm2Sizes.step.maxTokens,
  prompts: function* (): Generator<Prompt> {
    for (let n = 0; ; n++) yield { id: `${n}`, text: textOf(n), tokens: tokenizer.encode(textOf(n)), reference: '' }
  },
})

const inTurns = async (
  { python, path, folder, sizes }: Comparison,
  script: string,
  given: object,
  ours: () => Promise<unknown>,
  ...mode: readonly string[]
): Promise<readonly number[]> => {
  const input = join(folder, 'smollm2.json')
  await writeFile(input, JSON.stringify(given))
  const peer = openPeer(python, script, [path, input, ...mode])
  try {
    return await compareInTurns(timed(ours), secondsOf(peer), sizes.turns)
  } finally {
    peer.close()
  }
}
