import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { from, lastValueFrom, toArray } from 'rxjs'
import { expect } from 'vitest'
import { encode } from '#lib/checkpoint/safetensors.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { serial } from '#lib/compute/engine/serial.js'
import { exp, maximum, minimum, mul, neg, scalar, sub } from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { batchOf } from '#lib/batch/batch-of.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { freshAdapters, withAdapters } from '#lib/model/lora/adapters.js'
import type { LoraConfig } from '#lib/model/lora/lora.js'
import { toPeftNames } from '#lib/model/lora/peft.js'
import { trainedShapes } from '#lib/model/weights.js'
import { batchUse, type Objective, type ObjectiveInputs } from '#lib/objective/objective.js'
import { orThrow } from '#lib/or-throw.js'
import { createLocalLearner } from '#lib/policy/local/local-learner.js'
import { createLocalPolicy } from '#lib/policy/local/local-policy.js'
import type { ModelOnEngines } from '#lib/policy/local/model-on-engines.js'
import { freeModelWeights, openModelWeights } from '#lib/policy/local/model-weights.js'
import { createOptimizerStore } from '#lib/policy/local/optimizer-store.js'
import { openReplicas } from '#lib/policy/local/replica.js'
import { update } from '#lib/policy/local/update.js'
import type { Averaging } from '#lib/remote/tinker/averaging.js'
import type { Datum, WireAdam } from '#lib/remote/tinker/wire.js'
import type { Batch, FilteredBatch } from '#lib/rollout/batch.js'
import { aCompletion, anAdvantagedGroup, anEntropyState, aPrompt } from '#testing.js'
import type { ModelSource } from '#lib/model/model-checkpoint.js'
import type { Tokenizer } from '#lib/tokenizer/tokenizer.js'
import { checkpoint, tokenizer } from '../../policy/local/tiny.js'

/** Adapters of the double. */
export const lora: LoraConfig = { rank: 2, alpha: 8, targets: ['q_proj', 'v_proj', 'down_proj'] }

/** Model without adapters, and its tokenizer. */
export interface BaseModel {
  readonly checkpoint: ModelSource
  readonly tokenizer: Tokenizer
}

const tiny: BaseModel = { checkpoint, tokenizer }

/** Model that the double trains, with initial adapters. */
export const baseWith = (seed: number, { checkpoint: base }: Pick<BaseModel, 'checkpoint'> = tiny) =>
  withAdapters(base, freshAdapters(base.config, lora, seed))

export const BASE = 'tiny/model'

/** Fault of one request. `after` faults happen after the request was processed. */
export type Fault =
  | 'busy' // 429
  | 'failed' // 500 before the request is processed
  | 'cut' // the connection ends before the request is processed
  | 'pending' // 408
  | 'failed-after'
  | 'cut-after'
  | 'garbage-after'
  | 'half-after'
  | 'twice' // a proxy sends the request twice

export interface DoubleOptions {
  readonly engine: Engine
  readonly averaging?: Averaging
  /** Whether a request with a known sequence number gets the future of the first. */
  readonly hasSequenceNumbers?: boolean
  /** Fault of the n-th request to a route, from 0 on. */
  readonly fault?: (route: string, n: number) => Fault | undefined
  /** Gradient norms in the answers of steps. */
  readonly hasNorms?: boolean
  /** Whether weights for the sampler can be removed. */
  readonly canRemove?: boolean
  /** Whether the field `grad_clip_norm` of a step is obeyed. SkyRL tx 0.3.0 ignores it. */
  readonly clips?: boolean
  /** Distance of the bounds of the ratio of the loss `ppo` from 1; null for a service without this loss [0.2]. */
  readonly ppoClip?: number | null
  /** Maximum rank of adapters. */
  readonly maxRank?: number
  /** Model that the service trains [a tiny one]. */
  readonly model?: BaseModel
}

/** A request that was processed. */
export interface Processed {
  readonly route: string
  readonly body: Body
}

interface Body {
  readonly [field: string]: unknown
  readonly model_id?: string
  readonly seq_id?: number
}

/** A service in this process, with the routes and the refusals of SkyRL tx 0.3.0, whose model is a tiny local model. */
export interface Double {
  readonly url: string
  readonly processed: readonly Processed[]
  /** Trained state of the newest model that is not unloaded. */
  readonly state: () => Promise<TrainingState>
  readonly models: () => number
  /** Addresses of the saved weights. */
  readonly addresses: () => readonly string[]
  /** Loses all that a service keeps in memory, as one that is started again: its sessions, models, results and sampler weights. */
  readonly forget: () => Promise<void>
  readonly close: () => Promise<void>
}

const ratioOf = ({ logprobs_BT, oldLogprobs_BT }: ObjectiveInputs): Node => exp(sub(logprobs_BT, oldLogprobs_BT))

/** Losses of a token, whose advantage holds its weight and its advantage, multiplied. The formulas are those of SkyRL tx. */
const wireLosses = (clip: number): Readonly<Record<string, Objective['loss']>> => ({
  cross_entropy: ({ logprobs_BT, advantages_BT }) => ({ loss_BT: neg(mul(advantages_BT, logprobs_BT)) }),
  importance_sampling: (inputs) => ({ loss_BT: neg(mul(inputs.advantages_BT, ratioOf(inputs))) }),
  ppo: (inputs) => {
    const clipped = maximum(minimum(ratioOf(inputs), scalar(1 + clip)), scalar(1 - clip))
    const { advantages_BT } = inputs
    return { loss_BT: neg(minimum(mul(ratioOf(inputs), advantages_BT), mul(clipped, advantages_BT))) }
  },
})
const objectivesOf = (clip: number | null): Readonly<Record<string, Objective>> =>
  Object.fromEntries(
    Object.entries(wireLosses(clip ?? 0))
      .filter(([name]) => name !== 'ppo' || clip !== null)
      .map(([name, loss]) => [name, { name, ...batchUse({ aggregation: 'token-sum' }), loss } satisfies Objective]),
  )

const toBatch = (data: readonly Datum[]): Batch =>
  batchOf(
    data.map((datum, index) => {
      const [first] = datum.model_input.chunks[0].tokens
      const targets = datum.loss_fn_inputs.target_tokens.data
      return anAdvantagedGroup([1], {
        index,
        groups: data.length,
        prompt: aPrompt(`datum ${index}`, { tokens: [first!] }),
        completions: [aCompletion(targets.length, { tokens: Int32Array.from(targets) })],
      })
    }),
  )

/** Sequences whose gradient is summed until the next step. */
interface Pending {
  readonly data: readonly Datum[]
  readonly loss: string
}

const openTrainer = async (
  engine: Engine,
  { checkpoint: base, tokenizer }: BaseModel,
  seed: number,
  state?: TrainingState,
) => {
  const source = baseWith(seed, { checkpoint: base })
  const weights = await orThrow(openModelWeights(engine, source, state))
  const settings = { config: source.config, ends: tokenizer.ends, slots: 64, form: 'float32' } as const
  const model: ModelOnEngines = {
    replicas: await orThrow(openReplicas(engine, [], settings, weights.frozen)),
    config: source.config,
    tokenizer,
    store: weights.store,
    samplingRecords: new WeakMap(),
    runLimit: { sequences: 128, tokens: 4096 },
    gradientCheckpointing: false,
  }
  const optimizer = createOptimizerStore(engine, weights.initial, trainedShapes(source.config), state)
  await optimizer.prepare()
  const policy = createLocalPolicy(model)
  let pending: Pending[] = []
  const forward = async (data: readonly Datum[]) => {
    const batch = toBatch(data)
    const { logprobs_BT } = await lastValueFrom(from(policy.score(batch)))
    return {
      loss_fn_output_type: 'scalar',
      loss_fn_outputs: data.map(({ loss_fn_inputs: { target_tokens } }, b) => {
        const logprobs = logprobs_BT.subarray(b * batch.width, b * batch.width + target_tokens.data.length)
        return { logprobs: { data: [...logprobs], dtype: 'float32', shape: [logprobs.length] } }
      }),
      metrics: {},
    }
  }
  return {
    forward,
    forwardBackward: (data: readonly Datum[], loss: string) => {
      pending.push({ data, loss })
      return forward(data)
    },
    step: async (
      adam: WireAdam,
      averaging: Averaging,
      objectives: Readonly<Record<string, Objective>>,
    ): Promise<number> => {
      const data = pending.flatMap((each) => each.data)
      const losses = new Set(pending.map(({ loss }) => loss))
      expect([...losses]).toHaveLength(1)
      pending = []
      const batch = toBatch(data)
      const old_BT = new Float32Array(data.length * batch.width)
      const importance_BT = new Float32Array(data.length * batch.width)
      data.forEach(({ loss_fn_inputs: { weights, advantages, logprobs } }, b) => {
        // Without weights, every token counts.
        const weights_T = weights?.data ?? logprobs!.data.map(() => 1)
        const total = weights_T.reduce((sum, weight) => sum + weight, 0)
        const divisor =
          (averaging.tokens === 'sum' ? 1 : Math.max(total, 1e-9)) * (averaging.data === 'sum' ? 1 : data.length)
        weights_T.forEach((weight, t) => {
          importance_BT[b * batch.width + t] = (weight * (advantages?.data[t] ?? 1)) / divisor
          old_BT[b * batch.width + t] = logprobs?.data[t] ?? 0
        })
      })
      const scored: FilteredBatch = {
        ...everything().admit(anEntropyState(0), {
          ...batch,
          scores: { version: 0, method: 'sampled', logprobs_BT: old_BT, entropy_BT: old_BT },
        }),
        importance_BT,
      }
      const options = {
        adamw: {
          beta1: adam.beta1,
          beta2: adam.beta2,
          epsilon: adam.eps,
          weightDecay: adam.weight_decay,
          maxNorm: adam.grad_clip_norm ?? Infinity,
        },
        gradientSpike: null,
        learningRate: () => adam.learning_rate,
        seed: 0,
      }
      const objective = objectives[[...losses][0]!]!
      const outcome = await update(model, options, optimizer.state, scored, objective, new AbortController().signal)
      if (outcome.status !== 'done') throw new Error(`the step of the double was ${outcome.status}`)
      optimizer.replace(outcome.state)
      model.store.publish(outcome.state.parameters)
      return outcome.tally.norms[0]!
    },
    sample: async (tokens: readonly number[], group: number, given: Readonly<Record<string, number>>) => {
      const prompts = { step: 0, prompts: [aPrompt('prompt', { tokens: [...tokens] })] }
      const sampling = {
        group,
        temperature: given['temperature']!,
        topK: 0,
        topP: 1,
        maxTokens: given['max_tokens']!,
        seed: given['seed']!,
      }
      const [sampled] = await lastValueFrom(from(policy.sample(prompts, sampling)).pipe(toArray()))
      return {
        sequences: sampled!.completions.map(({ tokens: sampledTokens, logprobs_T, finish }) => ({
          tokens: [...sampledTokens],
          logprobs: [...logprobs_T],
          stop_reason: finish,
        })),
      }
    },
    state: () =>
      orThrow(
        createLocalLearner(model, optimizer, {
          adamw: { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxNorm: 1 },
          gradientSpike: null,
          learningRate: () => 0,
          seed: 0,
        }).snapshot(),
      ),
    close: async () => {
      optimizer.dispose()
      await model.replicas[0].dispose()
      freeModelWeights(weights)
    },
  }
}

type Trainer = Awaited<ReturnType<typeof openTrainer>>

/** Refusal with a status. */
class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

const requireField = <A>(value: A | undefined, name: string): A => {
  if (value === undefined) throw new Refused(422, `Field required: ${name}`)
  return value
}

/** Starts a double of a Tinker service. */
export const startDouble = async ({
  engine,
  averaging = { tokens: 'sum', data: 'sum' },
  hasSequenceNumbers = false,
  fault = () => undefined,
  hasNorms = false,
  canRemove = false,
  clips = false,
  ppoClip = 0.2,
  maxRank = Infinity,
  model: base = tiny,
}: DoubleOptions): Promise<Double> => {
  const objectives = objectivesOf(ppoClip)
  const models = new Map<string, Trainer>()
  const saved = new Map<string, TrainingState>()
  const samplers = new Map<string, TrainingState | null>()
  const futures = new Map<string, Promise<object>>()
  const bySequence = new Map<string, string>()
  const processed: Processed[] = []
  const counts = new Map<string, number>()
  const inOrder = serial()
  let created = 0

  const promise = (work: () => Promise<object>): { request_id: string } => {
    const id = String(futures.size + 1)
    const result = inOrder(work)
    result.catch(() => undefined)
    futures.set(id, result)
    return { request_id: id }
  }
  const trainerOf = ({ model_id }: Body): Trainer => {
    const trainer = models.get(requireField(model_id, 'model_id'))
    if (trainer === undefined) throw new Refused(404, 'Model not found')
    return trainer
  }
  const passOf = (body: Body, field: string) => {
    const { data, loss_fn } = requireField(
      body[field] as { data: readonly Datum[]; loss_fn: string } | undefined,
      field,
    )
    if (!(loss_fn in objectives)) throw new Refused(422, `loss_fn ${loss_fn}`)
    for (const { model_input, loss_fn_inputs } of data) {
      const { length } = model_input.chunks[0].tokens
      for (const [name, tensor] of Object.entries(loss_fn_inputs))
        if ((tensor as { data: readonly number[] }).data.length !== length) throw new Refused(400, `length of ${name}`)
    }
    return { data, loss: loss_fn }
  }
  const save = (body: Body, into: (address: string, state: TrainingState) => void, kind: string) => {
    const address = `tinker://${body.model_id!}/${kind}${requireField(body['path'] as string | undefined, 'path')}`
    const trainer = trainerOf(body)
    if (saved.has(address) || samplers.has(address)) throw new Refused(409, 'Checkpoint already exists')
    samplers.set(address, null)
    return promise(async () => {
      into(address, await trainer.state())
      return { path: address, type: kind }
    })
  }
  const routes: Readonly<Record<string, (body: Body) => object>> = {
    create_session: () => ({ session_id: 'session_1', type: 'create_session' }),
    session_heartbeat: () => ({ type: 'session_heartbeat' }),
    create_model: ({ base_model, lora_config }) => {
      if (base_model !== BASE) throw new Refused(400, `no model ${String(base_model)}`)
      const { rank, seed } = lora_config as { rank: number; seed: number }
      if (rank > maxRank)
        return promise(() => Promise.reject(new Error(`LoRA rank must be between 1 and ${maxRank}, got ${rank}`)))
      expect(rank).toBe(lora.rank)
      const id = `model_${++created}`
      return {
        ...promise(async () => {
          models.set(id, await openTrainer(engine, base, seed))
          return { model_id: id, base_model }
        }),
        model_id: id,
      }
    },
    unload_model: (body) => {
      const trainer = trainerOf(body)
      return promise(async () => {
        models.delete(body.model_id!)
        await trainer.close()
        return { model_id: body.model_id, status: 'unloaded' }
      })
    },
    forward: (body) => {
      const { data } = passOf(body, 'forward_input')
      const trainer = trainerOf(body)
      return promise(() => trainer.forward(data))
    },
    forward_backward: (body) => {
      const { data, loss } = passOf(body, 'forward_backward_input')
      const trainer = trainerOf(body)
      return promise(() => trainer.forwardBackward(data, loss))
    },
    optim_step: (body) => {
      const { grad_clip_norm, ...plain } = requireField(body['adam_params'] as WireAdam | undefined, 'adam_params')
      const adam: WireAdam = clips && grad_clip_norm !== undefined ? { ...plain, grad_clip_norm } : plain
      const trainer = trainerOf(body)
      return promise(async () => {
        const norm = await trainer.step(adam, averaging, objectives)
        return { metrics: hasNorms ? { 'skyrl.ai/grad_norm': norm } : null }
      })
    },
    save_weights: (body) => save(body, (address, state) => saved.set(address, state), 'weights/'),
    save_weights_for_sampler: (body) => save(body, (address, state) => samplers.set(address, state), ''),
    load_weights: (body) => {
      const state = saved.get(body['path'] as string)
      if (state === undefined) throw new Refused(404, `Checkpoint not found: ${String(body['path'])}`)
      const trainer = trainerOf(body)
      return promise(async () => {
        await trainer.close()
        models.set(body.model_id!, await openTrainer(engine, base, 0, state))
        return { type: 'load_weights' }
      })
    },
    asample: (body) => {
      const address = requireField(body['model_path'] as string | undefined, 'model_path')
      if (!samplers.has(address)) throw new Refused(404, `Checkpoint not found: ${address}`)
      const trainer = models.get(new URL(address).host)
      if (trainer === undefined) throw new Refused(404, 'Model not found')
      const { chunks } = body['prompt'] as Datum['model_input']
      return promise(() =>
        trainer.sample(
          chunks[0].tokens,
          body['num_samples'] as number,
          body['sampling_params'] as Record<string, number>,
        ),
      )
    },
  }

  /** Processes a request; a known sequence number gets the future of the first request with it. */
  const process = (route: string, body: Body): object => {
    const handler = routes[route]
    if (handler === undefined) throw new Refused(404, 'Not Found')
    const key = `${String(body.model_id)} ${String(body.seq_id)}`
    const known = hasSequenceNumbers && body.seq_id !== undefined ? bySequence.get(key) : undefined
    if (known !== undefined) return { request_id: known }
    processed.push({ route, body })
    const answer = handler(body)
    if ('request_id' in answer && body.seq_id !== undefined) bySequence.set(key, answer.request_id as string)
    return answer
  }

  const answerTo = async (route: string, body: Body): Promise<object> => {
    if (route !== 'retrieve_future') return process(route, body)
    const future = futures.get(body['request_id'] as string)
    if (future === undefined) throw new Refused(404, 'Future not found')
    return future.catch((error: unknown) => {
      throw new Refused(400, String(error))
    })
  }

  const respond = async (request: IncomingMessage, route: string, text: string): Promise<Reply> => {
    if (route.endsWith('/download')) {
      const [, model, , name] = route.split('/')
      const state = samplers.get(`tinker://${model}/${name}`)
      return state === undefined || state === null ? notFound : { status: 200, bytes: archiveOf(state) }
    }
    if (request.method === 'GET') return { status: 200, body: { supported_models: [{ model_name: BASE }] } }
    const n = counts.get(route) ?? 0
    counts.set(route, n + 1)
    const present = fault(route, n)
    if (present === 'busy') return { status: 429, body: { detail: 'rate limit' } }
    if (present === 'failed') return { status: 500, body: { detail: 'Internal Server Error' } }
    if (present === 'pending') return { status: 408, body: { detail: 'Timeout waiting for result' } }
    if (present === 'cut') return 'cut'
    if (request.method === 'DELETE') {
      if (!canRemove) return { status: 405, body: { detail: 'Method Not Allowed' } }
      const [, model, , , name] = route.split('/')
      return samplers.delete(`tinker://${model}/${name}`) ? { status: 204 } : notFound
    }
    try {
      const body = JSON.parse(text) as Body
      const answer = await answerTo(route, body)
      // A proxy passes on the answer to one of the two requests.
      if (present === 'twice') await answerTo(route, body).catch(() => undefined)
      if (present === 'failed-after') return { status: 500, body: { detail: 'Internal Server Error' } }
      if (present === 'cut-after') return 'cut'
      if (present === 'garbage-after') return { status: 200, bytes: Buffer.from('<html>502 Bad Gateway</html>') }
      return { status: 200, body: answer, isHalf: present === 'half-after' }
    } catch (error) {
      return error instanceof Refused
        ? { status: error.status, body: { detail: error.message } }
        : { status: 500, body: { detail: String(error) } }
    }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await textOf(request)
    const reply = await respond(request, request.url!.replace('/api/v1/', ''), text)
    if (reply === 'cut') request.socket.destroy()
    else send(request, response, reply)
  }

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    processed,
    state: () => inOrder(() => [...models.values()].at(-1)!.state()),
    models: () => models.size,
    addresses: () => [...samplers.keys()],
    forget: () =>
      inOrder(async () => {
        for (const trainer of models.values()) await trainer.close()
        for (const kept of [models, samplers, futures, bySequence]) kept.clear()
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await inOrder(async () => {
        for (const trainer of models.values()) await trainer.close()
      })
    },
  }
}

/** Archive of adapters, with absolute names and a configuration without target modules, as SkyRL writes it. */
export const archiveOf = ({ parameters }: Pick<TrainingState, 'parameters'>): Buffer =>
  gzipSync(
    tarOf({
      '/': Buffer.alloc(0),
      '/adapter_model.safetensors': encode(toPeftNames(parameters), {}),
      '/adapter_config.json': Buffer.from(
        JSON.stringify({ r: lora.rank, lora_alpha: lora.alpha, target_modules: null }),
      ),
    }),
  )

/** Tar file. A name that ends with a slash is that of a folder. */
const tarOf = (files: Readonly<Record<string, Uint8Array>>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([name, bytes]) => {
      const header = Buffer.alloc(512)
      header.write(name, 0)
      header.write(bytes.length.toString(8).padStart(11, '0'), 124)
      header.write(name.endsWith('/') ? '5' : '0', 156)
      return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
    }),
    Buffer.alloc(1024),
  ])

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** Reply to a request: a body as JSON, or bytes; `cut` ends the connection without one. */
type Reply =
  'cut' | { readonly status: number; readonly body?: object; readonly bytes?: Uint8Array; readonly isHalf?: boolean }

const notFound: Reply = { status: 404, body: { detail: 'Checkpoint not found' } }

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    body,
    bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    isHalf = false,
  }: Exclude<Reply, 'cut'>,
): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
  if (isHalf) response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy())
  else response.end(bytes)
}
