import type * as t from 'io-ts'
import { choiceSetting, numberSetting, orNoneListSetting, orNoneTextSetting } from '../flag.js'
import { integerFrom, listOf, oneOf, orNone, seconds, text } from './fields.js'
import type { Fault } from './with-faults.js'

/** Kinds of servers that sample. */
export const rolloutKinds = ['vllm', 'sglang'] as const

/** Environment variables with the keys of servers. */
export const keyVariables = { rollouts: 'ENTRAIN_ROLLOUTS_KEY', learner: 'TINKER_API_KEY' } as const

/** Protocol of the address of a service that trains. */
const TINKER = 'tinker+'

/** Fields of the servers of a run. Without them, one machine samples and trains. */
export const serverFields = {
  /** Addresses of the servers that sample; null samples where the model trains. */
  rollouts: orNone(listOf(text)),
  /** Kind of these servers. */
  rolloutKind: oneOf(rolloutKinds),
  /** Maximum number of prompts that one of these servers works on at the same time. */
  rolloutPrompts: integerFrom(1),
  /** Maximum time in which one of these servers samples a prompt or takes new weights. @units seconds */
  rolloutTimeout: seconds,
  /** File with the key of these servers; null takes the key from the environment, if there is one. */
  rolloutKeyFile: orNone(text),
  /** Folder in which versions of the weights are written for these servers; null is a folder of the run. */
  adapterDir: orNone(text),
  /** Path of that folder on the servers; null is the same path. */
  adapterPathOnServer: orNone(text),
  /** Address of the service that trains, `tinker+http://…`; null trains on this machine. */
  learner: orNone(text),
  /** File with the key of the service that trains; null takes the key from the environment, if there is one. */
  learnerKeyFile: orNone(text),
  /** Name of the base model on the service that trains, or else on the servers that sample; null asks the servers that sample. */
  baseModel: orNone(text),
}

export type ServerSettings = { readonly [K in keyof typeof serverFields]: t.TypeOf<(typeof serverFields)[K]> }

export const serverDefaults = {
  rollouts: null,
  rolloutKind: 'vllm',
  rolloutPrompts: 32,
  rolloutTimeout: 600,
  rolloutKeyFile: null,
  adapterDir: null,
  adapterPathOnServer: null,
  learner: null,
  learnerKeyFile: null,
  baseModel: null,
} as const satisfies ServerSettings

export const serverSettings = [
  orNoneListSetting(
    'rollouts',
    'addresses of servers that sample the completions, such as http://10.0.0.7:8000; none: the machine that trains samples',
    'URL,...|none',
  ),
  choiceSetting('rolloutKind', 'kind of the servers of --rollouts', rolloutKinds),
  numberSetting('rolloutPrompts', 'maximum number of prompts that one server of --rollouts works on at the same time'),
  numberSetting(
    'rolloutTimeout',
    'maximum time in which a server of --rollouts samples one prompt or takes new weights, in seconds; after it, the prompt is sampled anew, 4 times at most',
  ),
  orNoneTextSetting(
    'rolloutKeyFile',
    `file of mode 0600 with the key of the servers of --rollouts; none: the variable ${keyVariables.rollouts}, or no key`,
    'FILE|none',
  ),
  orNoneTextSetting(
    'adapterDir',
    'folder in which every version of the weights is written for the servers of --rollouts; they must be able to read it; none: a folder of the run',
    'DIR|none',
  ),
  orNoneTextSetting(
    'adapterPathOnServer',
    'path of --adapter-dir on the machines of the servers, if it has another path there; none: the same path',
    'DIR|none',
  ),
  orNoneTextSetting(
    'learner',
    'address of a Tinker-compatible service that trains, such as tinker+http://10.0.0.8:8000; none: this machine trains',
    'tinker+URL|none',
  ),
  orNoneTextSetting(
    'learnerKeyFile',
    `file of mode 0600 with the key of the service of --learner; none: the variable ${keyVariables.learner}, or no key`,
    'FILE|none',
  ),
  orNoneTextSetting(
    'baseModel',
    'name of the base model on the service of --learner, or else on the servers of --rollouts; none: the name that the servers of --rollouts report',
    'NAME|none',
  ),
]

/** Address of the service of `--learner`. */
export const learnerAddress = (learner: string): string => learner.slice(TINKER.length)

/** Settings that change when the weights train on a service, which has its own optimiser and adapters. */
interface OfLearner {
  readonly adapter: string | null
  readonly lora: { readonly alpha: unknown; readonly targets: unknown; readonly rank: number | null }
  readonly gradientSpike: string | null
  readonly scoreTemperature: number | null
  readonly temperature: number
  readonly topK: number
  readonly topP: number
}

/** Settings of the sampling on this machine. */
interface OfRollouts {
  readonly rolloutWeights: string
}

/**
 * Faults of the settings of servers: addresses that are none, and settings that would have no effect. Addresses with a password are
 * not repeated.
 */
export const serverFaults = (config: ServerSettings & OfLearner & OfRollouts): readonly Fault[] => [
  ...addressFaults(config),
  ...withoutEffect(config),
  ...(config.rollouts === null && config.learner === null ? [] : remoteFaults(config)),
  ...(config.learner === null ? [] : learnerFaults(config)),
]

const addressFaults = ({ rollouts, learner }: ServerSettings): readonly Fault[] => {
  const ofRollouts = (rollouts ?? []).map(
    (url, i) => [['rollouts'], addressProblem(url, 'an address such as http://10.0.0.7:8000', i)] as const,
  )
  const ofLearner =
    learner === null
      ? []
      : [
          [
            ['learner'],
            learner.startsWith(TINKER)
              ? addressProblem(learnerAddress(learner), 'an address such as tinker+http://10.0.0.8:8000')
              : `found ${withoutPassword(learner)}, expected an address such as tinker+http://10.0.0.8:8000`,
          ] as const,
        ]
  const empty: readonly Fault[] =
    rollouts?.length === 0 ? [[['rollouts'], 'found an empty list, expected addresses, or none']] : []
  const servers = (rollouts ?? []).map(serverOf)
  const twice = servers.find((server, i) => servers.indexOf(server) !== i)
  return [
    ...empty,
    ...(twice === undefined
      ? []
      : [[['rollouts'], `found the server ${withoutPassword(twice)} twice, expected each server once`] as const]),
    ...[...ofRollouts, ...ofLearner].flatMap(([path, problem]): readonly Fault[] =>
      problem === null ? [] : [[path, problem]],
    ),
  ]
}

const addressProblem = (url: string, expected: string, index?: number): string | null => {
  const place = index === undefined || index === 0 ? '' : `address ${index + 1}: `
  if (!URL.canParse(url)) return `${place}found ${withoutPassword(url)}, expected ${expected}`
  const { protocol, username, password, host } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:')
    return `${place}found the protocol ${protocol}, expected ${expected}`
  return username === '' && password === ''
    ? null
    : `${place}found an address of ${host} with a user or a password, expected none: keys come from a variable or a file, see --help`
}

/** Server of an address: addresses that end with a slash or with /v1 are those of one server. */
const serverOf = (url: string): string => {
  if (!URL.canParse(url)) return url
  const { origin, pathname } = new URL(url)
  return origin + pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
}

/** Text that is no address may hold a password before an @. */
const withoutPassword = (text: string): string => JSON.stringify(text.replace(/^.*@/s, '…@'))

const textOf = (value: string | number | null): string => (value === null ? 'none' : JSON.stringify(value))

/** Settings without which another setting has no effect. */
const withoutEffect = (config: ServerSettings): readonly Fault[] => {
  const { rollouts, learner } = config
  const needs = (name: 'rollouts' | 'learner', fields: readonly (keyof ServerSettings)[]) =>
    fields
      .filter((field) => config[field] !== serverDefaults[field])
      .map((field): Fault => [
        [field],
        `found ${JSON.stringify(config[field])} without ${name}, expected ${textOf(serverDefaults[field])}, because it has no effect then`,
      ])
  return [
    ...(rollouts === null
      ? needs('rollouts', [
          'rolloutKind',
          'rolloutPrompts',
          'rolloutTimeout',
          'rolloutKeyFile',
          'adapterDir',
          'adapterPathOnServer',
        ])
      : []),
    ...(learner === null ? needs('learner', ['learnerKeyFile']) : []),
    ...(rollouts !== null && learner === null && config.rolloutKind === 'sglang' && config.baseModel !== null
      ? [
          [
            ['baseModel'],
            `found ${JSON.stringify(config.baseModel)} with SGLang, expected none, because requests to SGLang name no base model`,
          ] as const,
        ]
      : []),
    ...(rollouts === null && learner === null && config.baseModel !== null
      ? [
          [
            ['baseModel'],
            `found ${JSON.stringify(config.baseModel)} without rollouts and without learner, expected none, because it has no effect then`,
          ] as const,
        ]
      : []),
  ]
}

const remoteFaults = ({ rolloutWeights }: OfRollouts): readonly Fault[] =>
  rolloutWeights === 'float32'
    ? []
    : [
        [
          ['rolloutWeights'],
          `found ${rolloutWeights} with servers that sample, expected float32: the servers choose the format of their weights`,
        ],
      ]

const learnerFaults = (config: ServerSettings & OfLearner): readonly Fault[] => {
  const because = 'because the service of --learner has none'
  const mustBe = (path: readonly string[], found: unknown, expected: number | null, why: string): readonly Fault[] =>
    found === expected ? [] : [[path, `found ${JSON.stringify(found)}, expected ${expected ?? 'none'}, ${why}`]]
  const wholeSoftmax = 'because the service of --learner returns log-probs at temperature 1 over the whole vocabulary'
  const { adapter, lora } = config
  return [
    ...(config.baseModel === null
      ? [[['baseModel'], 'found none, expected the name of the model that the service of --learner trains'] as const]
      : []),
    ...mustBe(['gradientSpike'], config.gradientSpike, null, `${because}: it returns no gradient norms`),
    ...mustBe(['adapter'], adapter, null, 'because the service of --learner begins with new adapters'),
    ...mustBe(['lora', 'alpha'], lora.alpha, null, 'because the service of --learner chooses it'),
    ...mustBe(['lora', 'targets'], lora.targets, null, 'because the service of --learner chooses them'),
    ...(lora.rank === 0
      ? [
          [
            ['lora', 'rank'],
            'found 0, expected the rank of adapters, because the service of --learner trains adapters',
          ] as const,
        ]
      : []),
    ...mustBe(['scoreTemperature'], config.scoreTemperature, null, wholeSoftmax),
    ...mustBe(['temperature'], config.temperature, 1, wholeSoftmax),
    ...mustBe(['topK'], config.topK, 0, wholeSoftmax),
    ...mustBe(['topP'], config.topP, 1, wholeSoftmax),
  ]
}
