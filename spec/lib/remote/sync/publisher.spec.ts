import * as TE from 'fp-ts/lib/TaskEither.js'
import { of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { FileError } from '#lib/file/file-error.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import type { ServerError } from '#lib/remote/http/server-error.js'
import type { PublishedWeights, RemotePolicy } from '#lib/remote/remote-policy.js'
import { createPublisher } from '#lib/remote/sync/publisher.js'
import type { WeightSync } from '#lib/remote/sync/weight-sync.js'
import { marblePolicy, someScores } from '#testing.js'
import { config } from '../../policy/local/tiny.js'
import { serverError, weightsOf } from '../pool/doubles.js'

const tokens = [3, 1, 4]

interface Answers {
  readonly publish?: (weights: PublishedWeights) => TE.TaskEither<ServerError, void>
  readonly remove?: (weights: PublishedWeights) => TE.TaskEither<FileError, void>
  /** Called while the parameters are read. */
  readonly onRead?: () => void
}

/** Publisher of a model without weights, whose version a test sets, with a record of what happens. */
const publisherWith = ({ publish = () => TE.right(undefined), remove, onRead = () => undefined }: Answers = {}) => {
  const state = { version: 0 }
  const calls: string[] = []
  const known: (PublishedWeights['known'] | undefined)[] = []
  const model: Pick<LocalModel, 'policy' | 'readParameters'> = {
    policy: {
      ...marblePolicy(),
      get version() {
        return state.version
      },
      score: (batch) => of(someScores(batch, 0.5, state.version)),
    },
    readParameters: () =>
      TE.fromIO(() => {
        const { version } = state
        onRead()
        return { version, config, parameters: new Map() }
      }),
  }
  const samplers: RemotePolicy = {
    ...marblePolicy(),
    name: 'http://a',
    publish: (weights) => {
      calls.push(`publish ${weights.version}`)
      known.push(weights.known)
      return publish(weights)
    },
    logprobs: () => TE.right(new Float32Array(3)),
    status$: of({ isAlive: true, fault: null, version: 0, tokensPerSecond: 0, waiting: 0 }),
    close: () => Promise.resolve(),
  }
  const sync: WeightSync = {
    write: ({ version }) => {
      calls.push(`write ${version}`)
      return TE.right(weightsOf(version))
    },
    remove: (weights) => {
      calls.push(`remove ${weights.version}`)
      return remove?.(weights) ?? TE.right(undefined)
    },
  }
  return { state, calls, known, publisher: createPublisher(model, samplers, sync, 0.05) }
}

describe('a publisher', () => {
  it('publishes each version once, with its scores of the known sequence, and removes the one before', async () => {
    const { state, calls, known, publisher } = publisherWith()
    expect(publisher.version).toBeNull()
    await publisher.publish(tokens)
    await publisher.publish(tokens)
    state.version = 3
    await publisher.publish(tokens)
    expect(publisher.version).toBe(3)
    expect(calls).toEqual(['write 0', 'publish 0', 'write 3', 'publish 3', 'remove 0'])
    expect(known[0]).toEqual({ tokens, tolerance: 0.05, logprobs_T: Float32Array.of(0, -1, -1) })
    await publisher.close()
    expect(calls.slice(5)).toEqual(['remove 3'])
  })

  it('makes one publication for calls at the same time', async () => {
    const { calls, publisher } = publisherWith()
    await Promise.all([publisher.publish(tokens), publisher.publish(tokens), publisher.publish(tokens)])
    expect(calls).toEqual(['write 0', 'publish 0'])
  })

  it('keeps a version while a sampling goes on that may use it, and those after it', async () => {
    const { state, calls, publisher } = publisherWith()
    await publisher.publish(tokens)
    const ends = [publisher.use(), publisher.use()]
    for (const version of [1, 2]) {
      state.version = version
      await publisher.publish(tokens)
    }
    expect(calls.filter((call) => call.startsWith('remove'))).toEqual([])
    ends[0]!()
    expect(calls.filter((call) => call.startsWith('remove'))).toEqual([])
    ends[1]!()
    ends[1]!()
    await publisher.publish(tokens)
    expect(calls.slice(6)).toEqual(['remove 0', 'remove 1'])
  })

  it('publishes the version of an update that was made meanwhile', async () => {
    const run = publisherWith({
      onRead: () => {
        run.state.version = 1
      },
    })
    await run.publisher.publish(tokens)
    expect(run.publisher.version).toBe(1)
    expect(run.calls).toEqual(['write 0', 'write 1', 'publish 1', 'remove 0'])
  })

  it('publishes the same folder again after a publication that failed', async () => {
    let answers = 0
    const refused = serverError('unreachable')
    const { calls, publisher } = publisherWith({
      publish: () => (answers++ === 0 ? TE.left(refused) : TE.right(undefined)),
    })
    await expect(publisher.publish(tokens)).rejects.toBe(refused)
    expect(publisher.version).toBeNull()
    await publisher.publish(tokens)
    expect(calls).toEqual(['write 0', 'publish 0', 'publish 0'])
  })

  it('tries again to remove a folder that could not be removed', async () => {
    const { state, calls, publisher } = publisherWith({
      remove: ({ version }) =>
        calls.filter((call) => call === `remove ${version}`).length === 1
          ? TE.left(new FileError('/shared', 'a busy folder', 'a folder that can be removed'))
          : TE.right(undefined),
    })
    for (const version of [0, 1, 2]) {
      state.version = version
      await publisher.publish(tokens)
    }
    expect(calls.filter((call) => call.startsWith('remove'))).toEqual(['remove 0', 'remove 0', 'remove 1'])
  })
})
