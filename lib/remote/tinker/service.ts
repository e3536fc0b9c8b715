import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { firstValueFrom, type Observable, timeout } from 'rxjs'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { SavedState } from '../../checkpoint/training-state.js'
import type { Engine } from '../../compute/engine/engine.js'
import { serial } from '../../compute/engine/serial.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { callable, checkOptions, integerFrom } from '../../option.js'
import { adamwDefaults, type AdamWOptions, checkAdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import type { Learner } from '../../policy/learner.js'
import type { VersionedParameters } from '../../policy/local/local-model.js'
import type { Policy } from '../../policy/policy.js'
import { once } from '../../resource.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import { isFinal, ServerError } from '../http/server-error.js'
import type { Server } from '../http/server.js'
import type { ServerStatus } from '../remote-policy.js'
import { createActivity, type ServerActivity } from '../sampler/server-activity.js'
import { readAdapterArchive } from './adapter-archive.js'
import { type Averaging, averagingRules } from './averaging.js'
import { sequenceDatum } from './data.js'
import { createTinkerLearner } from './learner.js'
import { measureAveraging } from './measure-averaging.js'
import { hasNativeLoss } from './measure-native-loss.js'
import { createServiceModel, type ServiceModel } from './model.js'
import type { NativeLoss } from './native-loss.js'
import { createObjectiveGradients } from './objective-gradients.js'
import { createTinkerPolicy, createTinkerReference, type TinkerPolicy } from './policy.js'
import { openProbe, type ProbeModel, probeTokens } from './probe-model.js'
import { requireClipping } from './require-clipping.js'
import { openSession, type Session } from './session.js'
import { tryServer } from './try-server.js'
import { openVersions, type SampledWeights, type ServiceVersions } from './versions.js'

/** Options of {@link tinkerService}. */
export interface TinkerServiceOptions {
  /** Connection to the service. The caller closes it. */
  readonly server: Server
  /** Name of the model that the service trains, as the service names it. */
  readonly baseModel: string
  /** Engine that differentiates objectives by the log-probs, on this machine. The caller closes it. */
  readonly engine: Engine
  /** Tokenizer of the base model. */
  readonly tokenizer: Tokenizer
  /** Network of the base model, without adapters. Only `readParameters` needs it. */
  readonly network?: DecoderConfig
  readonly learningRate: LearningRate
  /** Rank of the LoRA adapters [32]. The service chooses their alpha. */
  readonly rank?: number
  /**
   * Settings of AdamW that differ from {@link adamwDefaults}. The default of `maxNorm` is Infinity here, because not every service clips
   * gradients: a smaller one is tried at the start, and a service that ignores it is refused.
   */
  readonly adamw?: Partial<AdamWOptions>
  /** Random seed of the initial adapters, of the shuffle into minibatches and of objectives that draw [0]. */
  readonly seed?: number
  /** State of a learner to go on from, as its `snapshot` returns it. */
  readonly state?: SavedState
  /**
   * Maximum number of sequences in one request [64]. Services that compile need a program for each power of two up to it.
   */
  readonly sequences?: number
  /** Maximum number of prompts that are sampled at the same time [256]. */
  readonly prompts?: number
  /** Way in which the service averages losses. It is measured if it is not given, on a model that is unloaded afterwards. */
  readonly averaging?: Averaging
}

/** Policy and learner over the same weights, which are on a service. */
export interface TinkerService {
  readonly policy: TinkerPolicy
  readonly learner: Learner<SavedState>
  /** Way in which the service averages losses. */
  readonly averaging: Averaging
  /** Version and address of the newest weights, which others on the service can sample from. */
  readonly newest: SampledWeights
  /**
   * Downloads the newest adapters, for samplers that are no part of the service: `remoteRollouts(service, samplers, sync)`.
   *
   * @errors ServerError; CheckpointError for adapters that do not fit the option `network`, and without that option
   */
  readonly readParameters: () => TE.TaskEither<ServerError | CheckpointError, VersionedParameters>
  /** State of the service; emits at subscription and when it changes. While it is subscribed, the service is asked whether it answers. */
  readonly status$: Observable<ServerStatus>
  /** Returns a policy that scores with the base model: the reference of a KL penalty. The service gets a second model for it. */
  readonly freezeBase: () => Pick<Policy, 'score'>
  /** Unloads the models of the service, ends the session and frees what is on the engine. A second call has no effect. */
  readonly close: () => Promise<void>
}

const rules = {
  learningRate: callable,
  rank: integerFrom(1),
  seed: integerFrom(0),
  sequences: integerFrom(1),
  prompts: integerFrom(1),
} as const

/**
 * Opens a model on a service that speaks the Tinker protocol, such as SkyRL. The service samples, scores and trains; the objective
 * is differentiated by the log-probs on this machine, so every objective trains that reads only log-probs of the sampled tokens.
 *
 * @errors ServerError; throws RangeError for an impossible option
 * @source Tinker API of Thinking Machines; routes as of SkyRL tx 0.3.0
 * @example
 * const server = rightOrThrow(openServer({ url: 'http://10.0.0.7:8000' }))
 * const service = await orThrow(
 *   tinkerService({ server, baseModel: 'Qwen/Qwen3-8B', engine, tokenizer, learningRate: constantRate(1e-4) }),
 * )
 * trainingPipeline({ policy: service.policy, learner: service.learner, … })
 */
export const tinkerService = (options: TinkerServiceOptions): TE.TaskEither<ServerError, TinkerService> => {
  checkOptions(options, rules)
  checkOptions(options.averaging ?? {}, averagingRules, 'averaging.')
  checkAdamWOptions(options.adamw ?? {})
  return tryServer(() => openService(options))
}

const openService = async (options: TinkerServiceOptions): Promise<TinkerService> => {
  const { server, baseModel, engine, tokenizer, learningRate, state, adamw = {} } = options
  const { rank = 32, seed = 0, sequences = 64, prompts = 256 } = options
  const activity = createActivity({
    version: state?.version ?? 0,
    ask: () => session.beat(),
    interval: STATUS_INTERVAL,
    clock: () => performance.now() / 1000,
  })
  const session = await openSession(watchedBy(activity, server), baseModel)
  const models: ServiceModel[] = []
  const addModel = async () => {
    const model = await firstValueFrom(createServiceModel(session, baseModel, { rank, seed }))
    models.push(model)
    return model
  }
  const gradients = createObjectiveGradients(engine)
  const close = once(async () => {
    await Promise.all(models.map(unload))
    activity.close()
    session.close()
    await gradients.dispose()
  })
  try {
    const settings: AdamWOptions = { ...adamwDefaults, maxNorm: Infinity, ...adamw }
    const measure = <A>(measureOn: (probe: ProbeModel) => Promise<A>) =>
      withProbe(session, options, { rank, seed }, measureOn)
    const averaging = await averagingOf(options.averaging, settings.maxNorm < Infinity, measure, session.name)
    const model = await addModel()
    if (state !== undefined) await firstValueFrom(model.load(state.savedAs))
    await firstValueFrom(
      model.findSequenceNumbers([sequenceDatum(probeTokens(tokenizer.vocabulary), { weights: [1] })]),
    )
    const versions = await openVersions(model, state?.version ?? 0, activity.setVersion)
    const inOrder = serial()
    const scored = new WeakMap<Float32Array, number>()
    const onScored = (logprobs_BT: Float32Array, version: number) => scored.set(logprobs_BT, version)
    return {
      policy: createTinkerPolicy({
        session,
        model,
        versions,
        tokenizer,
        sequences,
        prompts,
        activity,
        inOrder,
        onScored,
      }),
      learner: createTinkerLearner(
        {
          name: session.name,
          model,
          gradients,
          options: { adamw: settings, learningRate, seed, sequences, averaging },
          areCurrent: (logprobs_BT) => scored.get(logprobs_BT) === versions.newest.version,
          hasLoss: perLoss((loss) => measure((probe) => hasNativeLoss(probe, loss, averaging))),
        },
        versions,
        state?.optimizerSteps ?? 0,
        inOrder,
      ),
      averaging,
      get newest() {
        return versions.newest
      },
      status$: activity.status$,
      readParameters: () => readParameters(model, versions, options.network, session.name),
      // Fresh adapters change nothing, so a model with them scores as the base model.
      freezeBase: () => createTinkerReference({ session, sequences }, once(addModel)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Time between two requests that ask whether the service answers, while somebody watches its status. @units seconds */
const STATUS_INTERVAL = 5

/** Returns the connection whose answers and failures are recorded. */
const watchedBy = (activity: Pick<ServerActivity, 'watch'>, server: Server): Server => ({
  ...server,
  request: (request) => server.request(request).pipe(activity.watch()),
})

const readParameters = (
  model: ServiceModel,
  { newest }: ServiceVersions,
  network: DecoderConfig | undefined,
  name: string,
): TE.TaskEither<ServerError | CheckpointError, VersionedParameters> =>
  network === undefined
    ? TE.left(new CheckpointError(`${name}: readParameters`, 'no option `network`', 'the network of the base model'))
    : pipe(
        tryServer(() => firstValueFrom(model.download(newest.address))),
        TE.chainEitherKW((archive) => readAdapterArchive(archive, network, newest.address)),
        TE.map(({ config: lora, parameters }) => ({
          version: newest.version,
          config: { ...network, lora },
          parameters,
        })),
      )

/** Runs measurements on a model that is only for them. */
type Measure = <A>(measureOn: (probe: ProbeModel) => Promise<A>) => Promise<A>

/**
 * Returns the averaging of a service, which is measured if it is not given, and checks that the service clips gradients if it has to.
 *
 * @errors rejects with ServerError
 */
const averagingOf = async (
  given: Averaging | undefined,
  needsClipping: boolean,
  measure: Measure,
  name: string,
): Promise<Averaging> => {
  if (given !== undefined && !needsClipping) return given
  return measure(async (probe) => {
    if (needsClipping) await requireClipping(probe, name)
    return given ?? measureAveraging(probe, name)
  })
}

const withProbe = async <A>(
  session: Session,
  { baseModel, tokenizer }: TinkerServiceOptions,
  lora: { readonly rank: number; readonly seed: number },
  measureOn: (probe: ProbeModel) => Promise<A>,
): Promise<A> => {
  const model = await firstValueFrom(createServiceModel(session, baseModel, lora))
  return openProbe(model, tokenizer.vocabulary, session.name)
    .then(measureOn)
    .finally(() => unload(model))
}

/**
 * Measures each loss once. A service that refuses the loss, or a model to measure it on, does not have it: its gradients are computed
 * from weights of tokens, which is the same gradient. A measurement that failed otherwise is made again when it is needed again.
 */
const perLoss = (measure: (loss: NativeLoss) => Promise<boolean>): ((loss: NativeLoss) => Promise<boolean>) => {
  const known = new Map<NativeLoss, boolean>()
  return async (loss) => {
    const has = known.get(loss) ?? (await measure(loss).catch(falseIfFinal))
    known.set(loss, has)
    return has
  }
}

const falseIfFinal = (error: unknown): false => {
  if (error instanceof ServerError && isFinal(error)) return false
  throw error
}

/** Time after which a service that does not unload a model is left alone. @units ms */
const UNLOAD_LIMIT = 10_000

/** Unloads a model. A service that cannot do so unloads it when the session ends. */
const unload = (model: ServiceModel): Promise<unknown> =>
  firstValueFrom(model.unload().pipe(timeout(UNLOAD_LIMIT))).catch(() => undefined)
