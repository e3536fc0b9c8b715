/**
 * Training of a local learner whose completions a real vLLM samples: the log-probs of both, the adapters of every step, and adapters
 * that do not arrive.
 *
 *     bench/remote/vllm.sh start MODEL && npm run bench -- vllm [--url http://127.0.0.1:8124] [--steps 20] [--folder DIR]
 *
 * MODEL is the bundled countdown model as a Hugging Face folder. DIR is a folder that the server can read. The bench is skipped, with
 * a message, where no server answers.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { lastValueFrom, tap, toArray } from 'rxjs'
import { explain } from '../../cli/exit.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { constantBand } from '../../lib/entropy/schedule/constant.js'
import { freshAdapters, withAdapters } from '../../lib/model/lora/adapters.js'
import { loraTargets } from '../../lib/model/lora/lora.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { constantRate } from '../../lib/optimizer/learning-rate.js'
import { orThrow } from '../../lib/or-throw.js'
import { localModel } from '../../lib/policy/local/local-model.js'
import { openAiPolicy } from '../../lib/remote/openai/openai-policy.js'
import type { PublishedWeights, RemotePolicy } from '../../lib/remote/remote-policy.js'
import { adapterSync } from '../../lib/remote/sync/adapter-sync.js'
import { remoteRollouts } from '../../lib/remote/sync/remote-rollouts.js'
import type { StepReport } from '../../lib/report/step-report.js'
import { countdown } from '../../lib/task/countdown/index.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { formatTable } from '../bench.js'

const task = countdown()
const SEED = 7
const lora = { rank: 8, alpha: 32, targets: loraTargets }
const sampling = { group: 8, temperature: 1, topK: 0, topP: 1, maxTokens: task.maxTokens, seed: SEED }

/** Version from which on the adapters of the second run do not arrive. */
const LOST_FROM = 3

/** Runs the bench. */
export const vllmBench = async (flags: readonly string[]): Promise<void> => {
  const { url, steps, folder } = parseArgs({
    args: [...flags],
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8124' },
      steps: { type: 'string', default: '20' },
      folder: { type: 'string' },
    },
  }).values
  const shared = folder ?? (await mkdtemp(join(tmpdir(), 'entrain-vllm-')))
  const { engine } = await orThrow(openEngine())
  try {
    const published: PublishedWeights[] = []
    const first = await connect(url)
    if (first === null) {
      console.log(`skipped: found no vLLM at ${url}; start one with bench/remote/vllm.sh`)
      return
    }
    const reports = await train(engine, recording(first, published), shared, Number(steps))
    print(reports, published)
    const second = await connect(url)
    const caught = await train(engine, losing(second!), shared, Number(steps)).then(
      () => 'nothing: the run went on',
      (error: unknown) => explain(error),
    )
    console.log(`\nadapters from version ${LOST_FROM} on are not delivered; found:\n  ${caught}`)
  } finally {
    await engine.close()
    if (folder === undefined) await rm(shared, { recursive: true, force: true })
  }
}

const connect = (url: string): Promise<RemotePolicy | null> =>
  orThrow(openAiPolicy({ url, tokenizer: task.tokenizer, retry: { retries: 1, patience: 0 } })).catch(
    (error: unknown) => {
      console.error(explain(error))
      return null
    },
  )

/** Records what is published to a server. */
const recording = (policy: RemotePolicy, published: PublishedWeights[]): RemotePolicy =>
  withPublish(policy, (weights) => {
    published.push(weights)
    return policy.publish(weights)
  })

/** Answers that it took weights which it did not take, from a version on. */
const losing = (policy: RemotePolicy): RemotePolicy =>
  withPublish(policy, (weights) => (weights.version < LOST_FROM ? policy.publish(weights) : TE.right(undefined)))

const withPublish = (policy: RemotePolicy, publish: RemotePolicy['publish']): RemotePolicy =>
  Object.create(policy, { publish: { value: publish } }) as RemotePolicy

const train = async (
  engine: Engine,
  server: RemotePolicy,
  folder: string,
  steps: number,
): Promise<readonly StepReport[]> => {
  const base = await orThrow(readModel(checkpointPath('countdown')))
  const model = await orThrow(
    localModel({
      engine,
      checkpoint: withAdapters(base, freshAdapters(base.config, lora, SEED)),
      tokenizer: task.tokenizer,
      learningRate: constantRate(1e-3),
      seed: SEED,
    }),
  )
  const rollouts = remoteRollouts(model, server, adapterSync({ folder }))
  const prompts = task.prompts('train', SEED)
  try {
    return await lastValueFrom(
      algorithms.entrocraft
        .create(
          { ...task, prompts, policy: rollouts.policy, learner: rollouts.learner },
          { band: constantBand({ low: 0.45, high: 0.6 }), steps, sampling, demand: { prompts: 16 } },
        )
        .pipe(
          tap(({ step }) => console.error(`step ${step}`)),
          toArray(),
        ),
    )
  } finally {
    await rollouts.close()
    await model.close()
  }
}

const print = (reports: readonly StepReport[], published: readonly PublishedWeights[]): void => {
  const rows = reports.map(({ step, outcome, entropy, reward, rejected, diagnostics, staleness }) => [
    step,
    outcome.version,
    entropy.entropy,
    reward.mean,
    rejected.positive + rejected.negative + rejected.zero,
    diagnostics.samplerDifference.mean,
    diagnostics.samplerDifference.max,
    diagnostics.effectiveSampleSize,
    staleness.max,
  ])
  const heading = [
    'step',
    'version',
    'entropy',
    'reward',
    'rejected',
    'mean |d log p|',
    'max |d log p|',
    'effective share',
    'oldest',
  ]
  console.log(
    formatTable({ title: 'vLLM samples, this machine trains: log-probs of sampler and scorer', heading, rows }),
  )
  const largest = Math.max(...reports.map(({ diagnostics }) => diagnostics.samplerDifference.max))
  console.log(
    `\n${reports.length} steps, ${published.length} versions published; largest difference of a log-prob ${largest.toExponential(2)} nats (limit 1e-3: ${largest <= 1e-3 ? 'holds' : 'broken'})`,
  )
}
