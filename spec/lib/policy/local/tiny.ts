import { fc } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { from, lastValueFrom, type ObservableInput, Subscription, toArray } from 'rxjs'
import { expect } from 'vitest'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import type { Engine, Executable } from '#lib/compute/engine/engine.js'
import { everything } from '#lib/entropy/filter/everything.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import type { ModelCheckpoint } from '#lib/model/model-checkpoint.js'
import { initialWeights, mapWeights } from '#lib/model/weights.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import type { Learner } from '#lib/policy/learner.js'
import { type LocalModel, localModel, type LocalModelOptions } from '#lib/policy/local/local-model.js'
import type { Sampling } from '#lib/policy/policy.js'
import { uniform } from '#lib/random/uniform.js'
import { batchOf } from '#lib/batch/batch-of.js'
import { scoreMatrices } from '#lib/batch/score-matrices.js'
import type { Batch, FilteredBatch } from '#lib/rollout/batch.js'
import type { Scores } from '#lib/rollout/scores.js'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { characterTokenizer } from '#lib/tokenizer/character-tokenizer.js'
import { aCompletion, anAdvantagedGroup, anEntropyState, aPrompt } from '#testing.js'
import { orThrow } from '#lib/or-throw.js'
import { expectClose } from '../../compute/reference/close.js'

/** Ten digits, a plus and the end: 12 tokens. */
export const alphabet = '0123456789+'
export const tokenizer = characterTokenizer(alphabet)

export const anyText = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength: 1, maxLength })

export const config: DecoderConfig = {
  vocabulary: tokenizer.vocabulary,
  width: 16,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headWidth: 8,
  feedForward: 32,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}

/** Initial weights with enlarged matrices, so that predictions depend clearly on the tokens that were read. */
export const clearModel = (of: DecoderConfig): ModelCheckpoint => ({
  config: of,
  weights: mapWeights(initialWeights(of, 3), ({ shape, data }) => ({
    shape,
    data: shape.length === 1 ? data : data.map((x) => 12 * x),
  })),
  metadata: {},
})

export const checkpoint = clearModel(config)

export const sampling: Sampling = { group: 4, temperature: 1, topK: 0, topP: 1, maxTokens: 12, seed: 5 }

/** Prompts of these texts, for a step. */
export const promptsOf = (texts: readonly string[], step = 0): PromptBatch => ({
  step,
  prompts: texts.map(promptOf),
})

export const promptOf = (text: string): Prompt => aPrompt(text, { text, tokens: tokenizer.encode(text) })

/** Batch with one response per length. Tokens are drawn by key, and the prompts differ in length too. */
export const aBatchOf = (lengths: readonly number[], batch = 0): Batch => {
  const drawn = (b: number, length: number) =>
    Int32Array.from({ length }, (_, t) => 1 + Math.floor(uniform(7, batch, b, t) * (config.vocabulary - 1)))
  return batchOf(
    lengths.map((length, b) =>
      anAdvantagedGroup([b % 2 === 0 ? 1 + b / 4 : -1 - b / 8], {
        step: batch,
        index: b,
        prompt: promptOf('123456789'.slice(b % 4, 5 + (b % 3))),
        completions: [aCompletion(length, { tokens: drawn(b, length) })],
      }),
    ),
  )
}

/** Checks that two scores have the same matrices, and that every element is within `tolerance`. */
export const expectCloseScores = (found: Scores, expected: Scores, tolerance: number): void => {
  const matrices = new Map(scoreMatrices(found))
  const others = scoreMatrices(expected)
  expect([...matrices.keys()]).toEqual(others.map(([path]) => path))
  for (const [path, matrix_BT] of others) expectClose(matrices.get(path)!, matrix_BT, tolerance)
}

/** Adds scores to a batch and accepts every response. */
export const accepted = (batch: Batch, scores: Scores): FilteredBatch =>
  everything().admit(anEntropyState(batch.step), { ...batch, scores })

/** Batch of sampled groups in which each response is rewarded by its length. */
export const rewarded = (groups: readonly RolloutGroup[]): Batch =>
  batchOf(
    groups.map((group) => {
      const rewards = group.completions.map(({ tokens }, g) => (g % 2 === 0 ? 1 : -1) * tokens.length)
      return { ...anAdvantagedGroup(rewards), ...group }
    }),
  )

/** Sorts groups, which are emitted in the order in which they end. */
export const inOrder = (groups: readonly RolloutGroup[]): readonly RolloutGroup[] =>
  [...groups].sort((a, b) => a.index - b.index)

/** Tokens of every completion, in the order of the prompts. */
export const tokensOf = (groups: readonly RolloutGroup[]): number[][][] =>
  inOrder(groups).map(({ completions }) => completions.map(({ tokens }) => [...tokens]))

export const all = <A>(input: ObservableInput<A>): Promise<A[]> => lastValueFrom(from(input).pipe(toArray()))

export const only = async <A>(input: ObservableInput<A>): Promise<A> => {
  const values = await all(input)
  expect(values).toHaveLength(1)
  return values[0]!
}

export const snapshotOf = async (learner: Learner<TrainingState>): Promise<TrainingState> => {
  const result = await learner.snapshot()()
  if (E.isLeft(result)) throw new Error('there is no snapshot', { cause: result.left })
  return result.right
}

/** Runs the body with a tiny model and expects that closing the model frees all memory. */
export const withModel = async <A>(
  engine: Engine,
  body: (model: LocalModel) => Promise<A>,
  options: Partial<LocalModelOptions> = {},
): Promise<A> => {
  const engines = [engine, ...(options.replicas ?? [])]
  const before = await memoryOf(engines)
  const model = await orThrow(
    localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(1e-2), ...options }),
  )
  const result = await body(model).finally(() => model.close())
  expect(await memoryOf(engines)).toEqual(before)
  return result
}

export const memoryOf = (engines: readonly Engine[]) => Promise.all(engines.map((engine) => engine.memory()))

/** Engine that records the names of the programs that run on it. */
export interface WatchedEngine extends Engine {
  readonly runs: readonly string[]
  /** Names of the programs that were compiled. */
  readonly compiled: readonly string[]
  /** Sets a hook that is called before each run with the number of runs since it was set. If it throws, the run fails with its error. */
  watch(beforeRun: (run: number) => void): void
  /** Number of asynchronous calls so far. */
  calls(): number
}

export const watched = (engine: Engine): WatchedEngine => {
  const [runs, compiled] = [[] as string[], [] as string[]]
  let calls = 0
  let beforeRun: (run: number) => void = () => undefined
  let from = 0
  const wrap = (executable: Executable): Executable => ({
    signature: executable.signature,
    run: async (feed, read, donated) => {
      calls++
      runs.push(executable.signature.name)
      beforeRun(runs.length - 1 - from)
      return executable.run(feed, read, donated)
    },
    dispose: () => executable.dispose(),
  })
  const self: WatchedEngine = {
    name: engine.name,
    runs,
    compiled,
    compile: async (program) => {
      calls++
      compiled.push(program.name)
      return wrap(await engine.compile(program))
    },
    // The routine starts in this thread instead of the engine's, so that its runs are recorded.
    start: (routine, settings) => Promise.resolve(routine.start(self, settings)),
    upload: (tensor) => {
      calls++
      return engine.upload(tensor)
    },
    read: (tensor) => {
      calls++
      return engine.read(tensor)
    },
    memory: () => engine.memory(),
    reopen: () => engine.reopen!(),
    close: () => engine.close(),
    watch: (hook) => {
      from = runs.length
      beforeRun = hook
    },
    calls: () => calls,
  }
  return self
}

/** Waits until no engine gets further calls, so that the work of an unsubscribed stream has ended. */
export const settled = async (engines: readonly WatchedEngine[]): Promise<void> => {
  const calls = () => engines.reduce((sum, engine) => sum + engine.calls(), 0)
  // Calls are served in order, so an earlier call has ended when the call of memory returns.
  for (let seen = -1; seen !== calls(); await memoryOf(engines)) {
    seen = calls()
    await memoryOf(engines)
  }
}

/**
 * Unsubscribes when the given run begins, expects no further events, and returns the names of the runs from that one on.
 * `others` are engines that share the work.
 */
export const runsAfterUnsubscribing = async (
  engine: WatchedEngine,
  run: number,
  input: ObservableInput<unknown>,
  others: readonly WatchedEngine[] = [],
): Promise<readonly string[]> => {
  const [subscription, before, events] = [new Subscription(), engine.runs.length, [] as unknown[]]
  engine.watch((n) => {
    if (n !== run) return
    subscription.unsubscribe()
    events.length = 0
  })
  const record = (value: unknown) => events.push(value)
  subscription.add(from(input).subscribe({ next: record, error: record, complete: () => record('complete') }))
  await settled([engine, ...others])
  engine.watch(() => undefined)
  expect([subscription.closed, events]).toEqual([true, []])
  return engine.runs.slice(before + run)
}

export const broken = new Error('broken')

/** Makes the given run fail and expects the stream to fail with its error. `others` are engines that share the work. */
export const failAt = async (
  engine: WatchedEngine,
  run: number,
  input: () => ObservableInput<unknown>,
  others: readonly WatchedEngine[] = [],
): Promise<void> => {
  engine.watch((n) => {
    if (n === run) throw broken
  })
  await expect(all(input())).rejects.toBe(broken)
  await settled([engine, ...others])
  engine.watch(() => undefined)
}
