/**
 * Compares {@link openAiPolicy} on a vLLM server with the local model of the same weights, and prints a table.
 *
 *     node dist/bench/remote/openai-policy.js http://127.0.0.1:8124 ADAPTERS
 *
 * The server serves the bundled model `countdown` as a Hugging Face folder. ADAPTERS is a folder of adapters for it, in the format of
 * PEFT, that both machines read under the same path.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { from, lastValueFrom, timer, toArray } from 'rxjs'
import { batchOf } from '../../lib/batch/batch-of.js'
import { forEachToken } from '../../lib/batch/tokens.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { withAdapters } from '../../lib/model/lora/adapters.js'
import { readAdapters } from '../../lib/model/lora/peft-folder.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { constantRate } from '../../lib/optimizer/learning-rate.js'
import { orThrow } from '../../lib/or-throw.js'
import { localModel } from '../../lib/policy/local/local-model.js'
import type { Policy, Sampling } from '../../lib/policy/policy.js'
import { openAiPolicy } from '../../lib/remote/openai/openai-policy.js'
import type { PromptBatch } from '../../lib/rollout/prompt.js'
import type { RolloutGroup } from '../../lib/rollout/rollout-group.js'
import { countdown } from '../../lib/task/countdown/index.js'

/** A statement about the server: found, limit, and whether it holds. */
interface Row {
  readonly check: string
  readonly found: number
  readonly limit: number
  readonly holds: boolean
}

const sampling: Sampling = { group: 8, temperature: 1, topK: 0, topP: 1, maxTokens: 20, seed: 7 }

/** Largest difference of two log-probs of one token in float32. @units nats */
const TOLERANCE = 1e-3

const main = async (url: string, folder: string): Promise<void> => {
  const task = countdown()
  const { tokenizer } = task
  const policy = await orThrow(openAiPolicy({ url, tokenizer, timeout: 120 }))
  const { engine } = await orThrow(openEngine())
  const base = await orThrow(readModel(checkpointPath('countdown')))
  const adapted = await orThrow(
    pipe(
      readAdapters(folder, base.config),
      TE.map((adapters) => withAdapters(base, adapters)),
    ),
  )
  const modelOf = (checkpoint: ModelSource) =>
    orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(0) }))
  const [plain, withLora] = [await modelOf(base), await modelOf(adapted)]
  const batch = { step: 0, prompts: [...firstOf(task.prompts('train', 7), 16)] }
  const rows: Row[] = []
  const check = (name: string, found: number, limit: number, holds = found <= limit) =>
    rows.push({ check: name, found, limit, holds })
  try {
    const groups = await sampled(policy, batch)
    check('log-prob, server and local model: largest difference', await difference(plain.policy, groups), TOLERANCE)
    check('the same seed gives other completions', count(groups, await sampled(policy, batch)), 0)
    const repeated = await sampled(policy, { step: 1, prompts: batch.prompts.map(() => batch.prompts[0]!) })
    const distinct = new Set(repeated.map(({ completions }) => completions.map(({ text }) => text).join()))
    check('groups of one prompt, 16 times, that are equal', 16 - distinct.size, 0)
    const truncated = await sampled(policy, batch, { ...sampling, topK: 4, topP: 0.9 })
    check(
      'log-prob without top-k and top-p: largest difference',
      await difference(plain.policy, truncated, true),
      TOLERANCE,
    )
    const scores = await lastValueFrom(from(policy.score(toBatch(groups))))
    check('log-prob of given tokens: largest difference', largest(groups, scores.logprobs_BT), TOLERANCE)

    const name = `entrain-bench-${process.pid}`
    await orThrow(policy.publish({ version: 1, name: `${name}-1`, kind: 'adapters', folder }))
    const after = await sampled(policy, { ...batch, step: 2 })
    check('log-prob with adapters: largest difference', await difference(withLora.policy, after), TOLERANCE)
    const moved = await difference(plain.policy, after)
    check('log-prob with adapters, local model without: largest difference', moved, TOLERANCE, moved > TOLERANCE)
    check(
      'completions with another version than 1',
      after.flatMap(({ completions }) => completions).filter(({ version }) => version !== 1).length,
      0,
    )
    await orThrow(policy.publish({ version: 2, name: `${name}-2`, kind: 'adapters', folder }))
    check(
      'adapters that the server still has, beside the newest',
      await until(0, () => adaptersOn(url, name).then((names) => names.length - 1)),
      0,
    )

    const long = from(policy.sample({ ...batch, step: 3 }, { ...sampling, group: 64, maxTokens: 200 })).subscribe()
    await until(1, () => running(url))
    long.unsubscribe()
    check('requests that run on after they were cancelled', await until(0, () => running(url)), 0)
  } finally {
    await Promise.all([policy.close(), plain.close(), withLora.close()])
    await engine.close()
  }
  console.table(rows)
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1
}

function* firstOf<A>(items: Iterable<A>, length: number): Generator<A> {
  let left = length
  for (const item of items) {
    if (left-- === 0) return
    yield item
  }
}

const sampled = async (policy: Policy, batch: PromptBatch, how = sampling): Promise<readonly RolloutGroup[]> => {
  const groups = await lastValueFrom(from(policy.sample(batch, how)).pipe(toArray()))
  return groups.sort((a, b) => a.index - b.index)
}

const toBatch = (groups: readonly RolloutGroup[]) =>
  batchOf(
    groups.map((group) => ({
      ...group,
      rewards_G: group.completions.map(() => E.right({ value: 0, correct: false })),
      advantages_G: group.completions.map(() => 1),
    })),
  )

/** Largest difference between the log-probs of the sampler and those of a matrix. @shape [B, T] @units nats */
const largest = (groups: readonly RolloutGroup[], logprobs_BT: Float32Array, isUntruncated = false): number => {
  const batch = toBatch(groups)
  let most = 0
  forEachToken(batch, (place, b, t) => {
    const { logprobs_T, untruncatedLogprobs_T } = batch.responses[b]!.completion
    const found = (isUntruncated ? untruncatedLogprobs_T : logprobs_T)?.[t] ?? NaN
    const apart = Math.abs(found - logprobs_BT[place]!)
    if (!(apart <= most)) most = apart
  })
  return most
}

const difference = async (local: Policy, groups: readonly RolloutGroup[], isUntruncated = false): Promise<number> =>
  largest(groups, (await lastValueFrom(from(local.score(toBatch(groups))))).logprobs_BT, isUntruncated)

/** Number of groups whose completions differ. */
const count = (groups: readonly RolloutGroup[], others: readonly RolloutGroup[]): number =>
  groups.filter(({ completions }, i) => completions.some(({ text }, g) => text !== others[i]!.completions[g]!.text))
    .length

/** Asks again until a number is found, at most for 30 s; returns the last number. */
const until = async (wanted: number, ask: () => Promise<number>): Promise<number> => {
  let found = NaN
  for (let attempt = 0; attempt < 300 && found !== wanted; attempt++) {
    if (attempt > 0) await lastValueFrom(timer(100))
    found = await ask()
    if (wanted > 0 && found > 0) return found
  }
  return found
}

const adaptersOn = async (url: string, prefix: string): Promise<readonly string[]> => {
  const { data } = (await (await fetch(`${url}/v1/models`)).json()) as {
    readonly data: readonly { readonly id: string }[]
  }
  return data.map(({ id }) => id).filter((id) => id.startsWith(prefix))
}

/** Number of sequences that the server decodes. */
const running = async (url: string): Promise<number> =>
  Number(/^vllm:num_requests_running\{[^}]*\} ([\d.]+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? NaN)

const [url = 'http://127.0.0.1:8124', folder = ''] = process.argv.slice(2)
await main(url, folder)
