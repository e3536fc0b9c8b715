import * as TE from 'fp-ts/lib/TaskEither.js'
import { from, map, of } from 'rxjs'
import type { Engine } from '#lib/compute/engine/engine.js'
import { readHuggingFace } from '#lib/model/hugging-face/read-folder.js'
import { withAdapters } from '#lib/model/lora/adapters.js'
import { readAdapters } from '#lib/model/lora/peft-folder.js'
import type { ModelSource } from '#lib/model/model-checkpoint.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import { type LocalModel, localModel } from '#lib/policy/local/local-model.js'
import { ServerError } from '#lib/remote/http/server-error.js'
import type { PublishedWeights, RemotePolicy } from '#lib/remote/remote-policy.js'
import { scoreKnown } from '#lib/remote/sync/known-sequence.js'
import { tokenizer } from '../../policy/local/tiny.js'

/** Server without a network: it reads the folders that are published to it, and samples from the weights in them. */
export interface ModelServer extends RemotePolicy {
  /** Names of the weights that it was told to take, in order. */
  readonly published: readonly string[]
}

/** Creates a server on an engine. It ignores weights that `takes` refuses, without an error, as a server may do. */
export const modelServer = (
  engine: Engine,
  base: ModelSource,
  name = 'http://a',
  takes: (weights: PublishedWeights) => boolean = () => true,
): ModelServer => {
  const published: string[] = []
  const opened: LocalModel[] = []
  let served: { readonly version: number; readonly model: LocalModel } | null = null
  const modelNow = () => {
    if (served === null) throw new Error('found a request before the first weights')
    return served
  }
  const open = async ({ kind, folder }: PublishedWeights): Promise<LocalModel> => {
    const checkpoint =
      kind === 'model'
        ? await orThrow(readHuggingFace(folder))
        : withAdapters(base, await orThrow(readAdapters(folder, base.config)))
    const model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(0) }))
    opened.push(model)
    return model
  }
  return {
    name,
    published,
    get version() {
      return served?.version ?? 0
    },
    sample: (prompts, sampling) => {
      const { version, model } = modelNow()
      return from(model.policy.sample(prompts, sampling)).pipe(
        map((group) => ({ ...group, completions: group.completions.map((each) => ({ ...each, version })) })),
      )
    },
    score: (batch) => modelNow().model.policy.score(batch),
    publish: (weights) =>
      TE.tryCatch(
        async () => {
          published.push(weights.name)
          const model = takes(weights) || served === null ? await open(weights) : served.model
          served = { version: weights.version, model }
        },
        (cause) => new ServerError('failed', name, String(cause), 'weights that can be read', { cause }),
      ),
    logprobs: (tokens) =>
      TE.tryCatch(
        async () => (await scoreKnown(modelNow().model.policy, tokens)).logprobs_T,
        (cause) => new ServerError('failed', name, String(cause), 'a score', { cause }),
      ),
    status$: of({ isAlive: true, fault: null, version: 0, tokensPerSecond: 0, waiting: 0 }),
    close: async () => {
      await Promise.all(opened.map((model) => model.close()))
    },
  }
}
