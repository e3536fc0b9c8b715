/**
 * Training on a real Tinker service, compared with a local model of the same weights: log-probs, optimiser steps, the losses of the
 * service, gradient clipping, and a run of the pipeline with its filter.
 *
 *     bench/remote/skyrl.sh start MODEL && npm run bench -- tinker [--url http://127.0.0.1:8123] [--steps 20] [--sdk PYTHON]
 *
 * With `--vllm URL`, vLLM samples with the adapters of the service, and this machine only steers. With `--sdk`, a step of Tinker's own
 * SDK is compared with the same calls of entrain; see sdk_step.py.
 *
 * MODEL is the bundled countdown model as a Hugging Face folder. The bench is skipped, with a message, where no service answers.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { firstValueFrom, from, lastValueFrom, tap } from 'rxjs'
import { explain } from '../../cli/exit.js'
import { forEachToken } from '../../lib/batch/tokens.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import type { EntrainError } from '../../lib/error.js'
import { everything } from '../../lib/entropy/filter/everything.js'
import { constantBand } from '../../lib/entropy/schedule/constant.js'
import { withAdapters } from '../../lib/model/lora/adapters.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { localModel } from '../../lib/policy/local/local-model.js'
import { openAiPolicy } from '../../lib/remote/openai/openai-policy.js'
import type { RemotePolicy } from '../../lib/remote/remote-policy.js'
import { adapterSync } from '../../lib/remote/sync/adapter-sync.js'
import { remoteRollouts } from '../../lib/remote/sync/remote-rollouts.js'
import { openServer, type Server } from '../../lib/remote/http/server.js'
import { readAdapterArchive } from '../../lib/remote/tinker/adapter-archive.js'
import { sequenceDatum } from '../../lib/remote/tinker/data.js'
import { createServiceModel } from '../../lib/remote/tinker/model.js'
import type { TinkerService } from '../../lib/remote/tinker/service.js'
import { openSession, type Session } from '../../lib/remote/tinker/session.js'
import { tryServer } from '../../lib/remote/tinker/try-server.js'
import { CapabilitiesCodec } from '../../lib/remote/tinker/wire.js'
import type { FilteredBatch } from '../../lib/rollout/batch.js'
import { anEntropyState } from '../../testing/batches.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import type { TrainingPorts } from '../../pipelines/training-options.js'
import { formatTable } from '../bench.js'
import { compareNativeLosses, tryClipping } from './native-losses.js'
import {
  adamw,
  distanceOf,
  largestOf,
  learningRate,
  openTrial,
  RANK,
  sampleBatch,
  SEED,
  seconds,
  task,
  type Tensors,
} from './trial-service.js'

/** Runs the bench. */
export const tinkerBench = async (flags: readonly string[]): Promise<void> => {
  const { url, steps, sdk, vllm } = parseArgs({
    args: [...flags],
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8123' },
      steps: { type: 'string', default: '20' },
      sdk: { type: 'string' },
      vllm: { type: 'string' },
    },
  }).values
  const server = rightOrThrow(openServer({ url }))
  const { engine } = await orThrow(openEngine())
  try {
    const found = await tryServer(() => firstModel(server))()
    if (E.isLeft(found)) {
      console.log(`skipped: ${explain(found.left)}; start a Tinker service with bench/remote/skyrl.sh`)
      return
    }
    const baseModel = found.right
    if (sdk !== undefined) await compareWithSdk(server, url, baseModel, sdk)
    await compare(server, engine, baseModel)
    await tryClipping(server, engine, baseModel)
    await compareNativeLosses(server, engine, baseModel)
    const service = await openTrial(server, engine, baseModel)
    await train('Entrocraft on a Tinker service', service, Number(steps)).finally(() => service.close())
    if (vllm !== undefined) await trainWithSampler(await openTrial(server, engine, baseModel), vllm, Number(steps))
  } finally {
    await engine.close()
    await server.close()
  }
}

/** Name of the first model of a service. */
const firstModel = async (server: Server): Promise<string> => {
  const { supported_models } = await firstValueFrom(
    server.request({
      method: 'GET',
      path: '/api/v1/get_server_capabilities',
      codec: CapabilitiesCodec,
      isRepeatable: true,
      retries: 0,
    }),
  )
  return supported_models[0]!.model_name!
}

/** Compares log-probs and optimiser steps with a local model that has the adapters of the service. */
const compare = async (server: Server, engine: Engine, baseModel: string): Promise<void> => {
  const service = await openTrial(server, engine, baseModel)
  try {
    const base = await orThrow(readModel(checkpointPath('countdown')))
    const begin = performance.now()
    const batch = await sampleBatch(service.policy)
    console.log(`sampled 64 completions in ${seconds(begin)} s`)
    const { config: adapted, parameters: first } = await orThrow(service.readParameters())
    const model = await orThrow(
      localModel({
        engine,
        checkpoint: withAdapters(base, { config: adapted.lora!, parameters: first }),
        tokenizer: task.tokenizer,
        learningRate,
        adamw: { ...adamw, maxNorm: Infinity },
        seed: SEED,
      }),
    )
    const rows: (readonly (string | number)[])[] = []
    for (const [step, objective] of [ppoClip(), ppoClip({ minibatches: 2 })].entries()) {
      const start = performance.now()
      const scores = await firstValueFrom(from(service.policy.score(batch)))
      const own = await firstValueFrom(from(model.policy.score(batch)))
      let [distance, sampled] = [0, 0]
      forEachToken(batch, (place, row, t) => {
        distance = Math.max(distance, Math.abs(scores.logprobs_BT[place]! - own.logprobs_BT[place]!))
        if (step === 0)
          sampled = Math.max(
            sampled,
            Math.abs(batch.responses[row]!.completion.logprobs_T[t]! - own.logprobs_BT[place]!),
          )
      })
      const filtered: FilteredBatch = everything().admit(anEntropyState(step), { ...batch, step, scores })
      const before = (await orThrow(model.learner.snapshot())).parameters
      const [report, expected] = [
        await firstValueFrom(from(service.learner.update(filtered, objective))),
        await firstValueFrom(from(model.learner.update(filtered, objective))),
      ]
      if (report.status !== 'updated' || expected.status !== 'updated') throw new Error('an update was skipped')
      const { parameters } = await orThrow(service.readParameters())
      const after = (await orThrow(model.learner.snapshot())).parameters
      const moved = distanceOf(after, before)
      rows.push([
        `update ${step + 1}, ${report.optimizerSteps} steps`,
        distance,
        step === 0 ? sampled : '',
        distanceOf(parameters, after) / moved,
        largestOf(parameters, after) / learningRate(0),
        Math.abs(report.loss - expected.loss),
        seconds(start),
      ])
    }
    console.log(
      formatTable({
        title: 'Tinker service and local model with the same weights',
        heading: [
          '',
          'log-prob, largest difference',
          'sampler',
          'step: relative distance',
          'largest difference / rate',
          'loss',
          's',
        ],
        rows,
      }),
    )
    const saved = await orThrow(service.learner.snapshot())
    const pass = await firstValueFrom(from(service.policy.score(batch)))
    await service.close()
    const resumed = await openTrial(server, engine, baseModel, { state: saved, averaging: service.averaging })
    const again = await firstValueFrom(from(resumed.policy.score(batch)))
    await resumed.close()
    const most = pass.logprobs_BT.reduce((max, x, i) => Math.max(max, Math.abs(x - again.logprobs_BT[i]!)), 0)
    console.log(`\nresumed at version ${again.version}: log-probs differ by ${most} at most\n`)
    await model.close()
  } finally {
    await service.close()
  }
}

/** Makes one step by the SDK and one by the calls of entrain, with the same data, and compares the weights. */
const compareWithSdk = async (server: Server, url: string, baseModel: string, python: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-tinker-'))
  const session = await openSession(server, baseModel)
  try {
    const base = await orThrow(readModel(checkpointPath('countdown')))
    const data = Array.from({ length: 8 }, (_, i) => {
      const tokens = Array.from({ length: 20 + i }, (__, t) => 1 + ((3 * t + 7 * i + ((t * i) % 5)) % 19))
      const ones = tokens.slice(1)
      return sequenceDatum(tokens, {
        weights: ones.map(() => 1),
        advantages: ones.map((_token, t) => Math.sin(t + i)),
        logprobs: ones.map((_token, t) => -2 - Math.cos(t)),
      })
    })
    const adam = { learning_rate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.01 }
    const loss = 'importance_sampling'
    const file = join(folder, 'step.json')
    await writeFile(file, JSON.stringify({ data, loss, adam }))
    const script = join('bench', 'remote', 'sdk_step.py')
    const address = execFileSync(python, [script, url, baseModel, `${RANK}`, `${SEED}`, file, 'sdk'], {
      encoding: 'utf8',
    }).trim()
    const theirs = await download(session, address, base)
    const model = await firstValueFrom(createServiceModel(session, baseModel, { rank: RANK, seed: SEED }))
    const before = await download(session, await firstValueFrom(model.saveForSampling('before')), base)
    await firstValueFrom(model.forwardBackward(data, loss))
    await firstValueFrom(model.optimStep(adam))
    const ours = await download(session, await firstValueFrom(model.saveForSampling('after')), base)
    await firstValueFrom(model.unload())
    console.log(
      `a step of the SDK and the same calls of entrain: largest difference of a weight ${largestOf(ours, theirs)}, largest change by the step ${largestOf(ours, before)}\n`,
    )
  } finally {
    session.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Downloads adapters that a service saved for sampling. */
const download = async (session: Session, address: string, base: ModelSource): Promise<Tensors> => {
  const { host: model, pathname } = new URL(address)
  const archive = await firstValueFrom(session.download(model, pathname.slice(1)))
  return rightOrThrow(readAdapterArchive(archive, base.config, address)).parameters
}

/** Trains on a service with completions of vLLM, which gets the adapters of every version. */
const trainWithSampler = async (service: TinkerService, url: string, steps: number): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'entrain-adapters-'))
  const sampler = await orThrow<EntrainError, RemotePolicy>(openAiPolicy({ url, tokenizer: task.tokenizer }))
  const rollouts = remoteRollouts(service, sampler, adapterSync({ folder }))
  try {
    await train('vLLM samples, a Tinker service trains', rollouts, steps)
  } finally {
    await rollouts.close()
    await service.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Trains with the filter of Entrocraft, and prints every step. */
const train = async (title: string, ports: Pick<TrainingPorts, 'policy' | 'learner'>, steps: number): Promise<void> => {
  const rows: (readonly (string | number)[])[] = []
  let begin = performance.now()
  try {
    await lastValueFrom(
      algorithms.entrocraft
        .create(
          {
            policy: ports.policy,
            learner: ports.learner,
            verifier: task.verifier,
            rewardScale: task.rewardScale,
            prompts: task.prompts('train', SEED),
          },
          {
            band: constantBand({ low: 0.45, high: 0.5 }),
            steps,
            sampling: { maxTokens: task.maxTokens, seed: SEED },
            demand: { prompts: 8 },
          },
        )
        .pipe(
          tap((report) => {
            const { entropy: state, outcome, accepted, rejected, reward } = report
            rows.push([
              report.step,
              state.entropy,
              state.entropyError ?? '',
              state.drift,
              accepted.positive + accepted.negative,
              rejected.positive + rejected.negative,
              reward.correct,
              outcome.status === 'updated' ? outcome.loss : outcome.reason,
              outcome.version,
              report.diagnostics.klToSampler,
              seconds(begin),
            ])
            begin = performance.now()
          }),
        ),
    )
  } finally {
    console.log(
      formatTable({
        title: `${title}, 8 prompts with 8 completions`,
        heading: [
          'step',
          'entropy',
          'error',
          'drift',
          'accepted',
          'rejected',
          'correct',
          'loss',
          'version',
          'KL to sampler',
          's',
        ],
        rows,
      }),
    )
  }
}
