/**
 * Servers that sample or train: connections with retries and time limits, and policies whose model runs on a server.
 *
 * @packageDocumentation
 */

export type { BreakerOptions } from './lib/remote/http/breaker.js'
export type { RetryOptions } from './lib/remote/http/retry.js'
export { readSecret, Secret, type SecretPlace } from './lib/remote/http/secret.js'
export { openServer, type Server, type ServerOptions, type ServerRequest } from './lib/remote/http/server.js'
export { ServerError, type ServerErrorDetails, type ServerProblem } from './lib/remote/http/server-error.js'
export { SettingError } from './lib/remote/http/setting-error.js'
export type { HttpAnswer, HttpRequest, Transport } from './lib/remote/http/transport.js'
export type { KnownSequence, PublishedWeights, RemotePolicy, ServerStatus } from './lib/remote/remote-policy.js'
export { openAiPolicy, type OpenAiPolicyOptions } from './lib/remote/openai/openai-policy.js'
export type { FolderMapping } from './lib/remote/sampler/folder-mapping.js'
export type { SamplerOptions } from './lib/remote/sampler/remote-sampler.js'
export { sglangPolicy, type SglangPolicyOptions } from './lib/remote/sglang/sglang-policy.js'
export type { Averaging } from './lib/remote/tinker/averaging.js'
export type { TinkerPolicy } from './lib/remote/tinker/policy.js'
export { tinkerService, type TinkerService, type TinkerServiceOptions } from './lib/remote/tinker/service.js'
export type { SampledWeights } from './lib/remote/tinker/versions.js'
export type { MemberState } from './lib/remote/pool/membership.js'
export type { PoolOptions } from './lib/remote/pool/pool.js'
export { type PooledPolicy, type PooledServer, pooled } from './lib/remote/pool/pooled.js'
export { adapterSync, type AdapterSyncOptions } from './lib/remote/sync/adapter-sync.js'
export { folderSync, type FolderSyncOptions } from './lib/remote/sync/folder-sync.js'
export { remoteRollouts, type RemoteRollouts, type RemoteRolloutsOptions } from './lib/remote/sync/remote-rollouts.js'
export type { SyncOptions, WeightSync } from './lib/remote/sync/weight-sync.js'
