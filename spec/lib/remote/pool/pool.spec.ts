import { asyncScheduler, EMPTY, mergeMap, NEVER, of, tap, throwError, toArray } from 'rxjs'
import type { RunHelpers } from 'rxjs/testing'
import { describe, expect, it } from 'vitest'
import type { ServerError } from '#lib/remote/http/server-error.js'
import { createPool, type Pool, type PoolOptions, type PoolServer } from '#lib/remote/pool/pool.js'
import type { Policy } from '#lib/policy/policy.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { rollout } from '#operators/rollout.js'
import { aBatch, aPrompt, aPromptBatch, someScores, virtually } from '#testing.js'
import { keepsTheLaws } from '../../../operators/laws.js'
import { doubleServer, failing, groupOf, serverError, weightsOf } from './doubles.js'

const sampling = { group: 2, temperature: 1, topK: 0, topP: 1, maxTokens: 8, seed: 7 }

const policyOf = (pool: Pool): Policy => ({ version: 0, sample: pool.sample, score: pool.score })

const sampleWith = (server: Partial<PoolServer> = {}, options?: PoolOptions) =>
  rollout(policyOf(createPool([{ ...doubleServer('a'), ...server }], options)), sampling)

/** Answer of a server for one prompt of step 0, after a time. */
const answering = ({ cold }: RunHelpers, marbles: string, index: number, id: string, version = 0) =>
  cold(marbles, { g: groupOf(0, index, aPrompt(id), 1, version) }, serverError('unreachable'))

/** Groups of the pool by the id of their prompt. */
const groupsOf = (ids: readonly string[], version = 0): Record<string, RolloutGroup> =>
  Object.fromEntries(ids.map((id, index) => [id, groupOf(0, index, aPrompt(id), ids.length, version)]))

/** Closes a pool, which otherwise tries a server that never comes back for ever. */
const closeAfter = ({ cold }: RunHelpers, time: string, pool: Pool) =>
  cold(`${time} |`).subscribe({ complete: () => pool.close() })

const batch = (...ids: readonly string[]) => aPromptBatch(0, ids)

describe('a pool', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => sampleWith(),
      reactions: [
        {
          input: aPromptBatch(0, ['a', 'b']),
          outputs: [groupOf(0, 0, aPrompt('a'), 2), groupOf(0, 1, aPrompt('b'), 2)],
        },
        { input: aPromptBatch(1, ['c']), outputs: [groupOf(1, 0, aPrompt('c'))] },
      ],
      ports: { 'server.sample': (answer) => sampleWith({ sample: answer }) },
    })
  })

  it('gives each prompt to a server that is free, and emits the groups as they finish', () => {
    virtually((helpers) => {
      const first = [answering(helpers, '---g|', 0, 'a'), answering(helpers, '--g|', 2, 'c')]
      const second = [answering(helpers, '----g|', 1, 'b'), answering(helpers, '-g|', 3, 'd')]
      const pool = createPool(
        [
          doubleServer('first', { sample: (_, call) => first[call]! }),
          doubleServer('second', { sample: (_, call) => second[call]! }),
        ],
        { promptsPerServer: 1 },
      )
      const { expectObservable, expectSubscriptions } = helpers
      expectObservable(pool.sample(batch('a', 'b', 'c', 'd'), sampling)).toBe(
        '---ab(cd|)',
        groupsOf(['a', 'b', 'c', 'd']),
      )
      expectSubscriptions(first[0]!.subscriptions).toBe('^--!')
      expectSubscriptions(first[1]!.subscriptions).toBe('---^-!')
      expectSubscriptions(second[0]!.subscriptions).toBe('^---!')
      expectSubscriptions(second[1]!.subscriptions).toBe('----^!')
    })
  })

  it('keeps the index of a prompt that replaces another', () => {
    const groups: RolloutGroup[] = []
    createPool([doubleServer('a')])
      .sample({ ...batch('a', 'b'), offset: 5 }, sampling)
      .subscribe((group) => groups.push(group))
    expect(groups.map(({ index, groups }) => [index, groups])).toEqual([
      [5, 2],
      [6, 2],
    ])
  })

  it('completes at once without prompts', () => {
    virtually(({ expectObservable }) => {
      expectObservable(createPool([doubleServer('a')]).sample(batch(), sampling)).toBe('|')
    })
  })

  it('gives the prompts of a server without a connection to the others, and takes the server back later', () => {
    virtually((helpers) => {
      const first = [answering(helpers, '---g|', 0, 'a'), answering(helpers, '---g|', 1, 'b')]
      const second = [answering(helpers, '--#', 1, 'b'), answering(helpers, '-g|', 1, 'b')]
      const joins = [helpers.cold('--#', {}, serverError('unreachable')), helpers.cold('--|')]
      const pool = createPool(
        [
          doubleServer('first', { sample: (_, call) => first[call] ?? NEVER }),
          doubleServer('second', { sample: (_, call) => second[call]!, join: (call) => joins[call]! }),
        ],
        { promptsPerServer: 1 },
      )
      const { expectObservable, expectSubscriptions } = helpers
      expectObservable(pool.sample(batch('a', 'b'), sampling)).toBe('---a--(b|)', groupsOf(['a', 'b']))
      expectSubscriptions(second[0]!.subscriptions).toBe('^-!')
      expectSubscriptions(first[1]!.subscriptions).toBe('---^--!')
      // It fails at 2 ms; its first attempt to join is 1 s later, and the second one 2 s after that failed.
      expectSubscriptions(joins[0]!.subscriptions).toBe('1002ms ^-!')
      expectSubscriptions(joins[1]!.subscriptions).toBe('3004ms ^-!')
      // Back at 3006 ms: the first server is occupied by the first prompt, so the second one gets the other.
      expectObservable(
        helpers.cold('3010ms x|').pipe(mergeMap(() => pool.sample(batch('n', 'b'), sampling))),
        '^ 3020ms !',
      ).toBe('3011ms b', groupsOf(['n', 'b']))
    })
  })

  it('takes a server out while it does not answer the question whether it works', () => {
    virtually((helpers) => {
      const { cold, expectObservable, expectSubscriptions } = helpers
      const hanging = cold<RolloutGroup>('-')
      const join = cold('-|')
      const silent = doubleServer('silent', {
        sample: (group, call) => (call === 0 ? hanging : of(group)),
        fault$: cold('a--f-g--a', { a: null, f: serverError('timed-out'), g: serverError('failed') }),
        join: () => join,
      })
      const held = doubleServer('held', { sample: (group) => cold('----g|', { g: group }) })
      const pool = createPool([silent, held], { promptsPerServer: 1 })
      expectObservable(pool.sample(batch('a', 'b'), sampling)).toBe('----b---(a|)', groupsOf(['a', 'b']))
      expectSubscriptions(hanging.subscriptions).toBe('^--!')
      expectSubscriptions(join.subscriptions).toBe('--------^!')
      closeAfter(helpers, '1s', pool)
    })
  })

  it('ends the work of a server that is taken out, and gives it to the others in its old order', () => {
    virtually((helpers) => {
      const hanging = helpers.cold<RolloutGroup>('-')
      const lost = doubleServer('lost', { sample: (_, call) => (call === 0 ? failing('unreachable')() : hanging) })
      const held = doubleServer('held', { sample: (group) => helpers.cold('10ms g|', { g: group }) })
      const pool = createPool([lost, held], { promptsPerServer: 4 })
      const groups$ = pool.sample(batch('a', 'b', 'c', 'd'), sampling)
      helpers.expectObservable(groups$).toBe('10ms (abcd|)', groupsOf(['a', 'b', 'c', 'd']))
      helpers.flush()
      expect(lost.asked).toEqual(['a'])
      expect(held.asked).toEqual(['a', 'b', 'c', 'd'])
    })
  })

  it('aborts the requests of a server that is taken out', () => {
    virtually((helpers) => {
      const hanging = helpers.cold<RolloutGroup>('-')
      const lost = doubleServer('lost', {
        sample: (_, call) => (call === 0 ? helpers.cold('--#', {}, serverError('unreachable')) : hanging),
        join: () => NEVER,
      })
      const held = doubleServer('held', { sample: (group) => helpers.cold('10ms g|', { g: group }) })
      const pool = createPool([lost, held], { promptsPerServer: 2 })
      const groups$ = pool.sample(batch('a', 'b', 'c', 'd'), sampling)
      helpers.expectObservable(groups$).toBe('10ms (bd) 6ms (ac|)', groupsOf(['a', 'b', 'c', 'd']))
      closeAfter(helpers, '1s', pool)
      helpers.expectSubscriptions(hanging.subscriptions).toBe('^-!')
    })
  })

  it('takes a server out after failures in a row, and not for some in between', () => {
    const flaky = doubleServer('flaky', {
      sample: (group, call) => (call % 3 === 2 ? of(group) : failing('failed')()),
    })
    const states: string[] = []
    const pool = createPool([flaky], { failures: 3 })
    pool.changes$.subscribe(() => states.push(pool.servers[0]!.state))
    const groups: unknown[] = []
    pool.sample(batch('a', 'b', 'c'), sampling).subscribe((group) => groups.push(group))
    expect([groups.length, flaky.asked.length, states]).toEqual([3, 9, []])
    const broken = createPool([doubleServer('broken', { sample: failing('failed') })], { attempts: 9 })
    broken.changes$.subscribe(() => states.push(broken.servers[0]!.state))
    broken.sample(batch('a'), sampling).subscribe()
    expect(states).toEqual(['away'])
    broken.close()
  })

  it('gives a failed prompt to a server where it has not failed, although that one is busy', () => {
    virtually((helpers) => {
      const held = doubleServer('held', { sample: (group) => helpers.cold('6s g|', { g: group }) })
      const failed: string[] = []
      const broken = doubleServer('broken', {
        sample: ({ prompt }) =>
          helpers
            .cold<RolloutGroup>('300ms #', {}, serverError('failed'))
            .pipe(tap({ error: () => failed.push(prompt.id) })),
        join: () => helpers.cold('50ms |'),
      })
      const pool = createPool([held, broken], { promptsPerServer: 4 })
      const prompts = Array.from({ length: 24 }, (_, i) => `p${i}`)
      const found: string[] = []
      pool.sample(batch(...prompts), sampling).subscribe(({ prompt }) => found.push(prompt.id))
      closeAfter(helpers, '60s', pool)
      helpers.flush()
      expect(found.toSorted()).toEqual(prompts.toSorted())
      expect(failed.length).toBeGreaterThan(2)
      expect(failed).toEqual([...new Set(failed)])
    })
  })

  it('sends a prompt that failed on every server to the one where it failed least', () => {
    const servers = ['one', 'two', 'three'].map((name) => doubleServer(name, { sample: failing('failed') }))
    createPool(servers, { attempts: 7, failures: 9 })
      .sample(batch('a'), sampling)
      .subscribe({ error: () => undefined })
    expect(servers.map(({ asked }) => asked.length).toSorted()).toEqual([2, 2, 3])
  })

  it('waits ever longer for a server that joins but answers no prompt, and then from the start after an answer', () => {
    virtually((helpers) => {
      const broken = doubleServer('broken', {
        sample: (group, call) => (call === 3 || call > 5 ? of(group) : failing('failed')()),
      })
      const pool = createPool([broken], { failures: 1, attempts: 99 })
      const tried: number[] = []
      pool.changes$.subscribe(() => {
        if (pool.servers[0]!.state === 'returning') tried.push(asyncScheduler.now())
      })
      pool.sample(batch('a', 'b'), sampling).subscribe()
      helpers.flush()
      // It fails at 0 s, 1 s and 3 s, answers the first prompt at 7 s, and fails then at once, and at 8 s.
      expect(tried).toEqual([1000, 3000, 7000, 8000, 10_000])
    })
  })

  it('fails with the last error of a prompt whose attempts are used up', () => {
    const server = doubleServer('a', { sample: failing('failed') })
    const errors: unknown[] = []
    createPool([server], { attempts: 2, failures: 9 })
      .sample(aPromptBatch(3, ['p7']), sampling)
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(server.asked).toEqual(['p7', 'p7'])
    expect(errors).toMatchObject([
      {
        _tag: 'ServerError',
        problem: 'failed',
        message:
          'step 3, prompt "p7": found 2 failed attempts, the last of them: POST http://a/generate: found trouble, expected an answer, expected an answer of one of the servers',
      },
    ])
  })

  it.each(['refused', 'unfit'] as const)(
    'sends no prompt again to a server that refused it for good: %s',
    (problem) => {
      virtually((helpers) => {
        const refusal = serverError(problem)
        const refusing = (name: string) => doubleServer(name, { sample: () => throwError(() => refusal) })
        const alone = refusing('alone')
        const lonely = createPool([alone])
        helpers.expectObservable(lonely.sample(batch('a'), sampling)).toBe('#', {}, refusal)
        const pair = [refusing('one'), refusing('two')]
        const both = createPool(pair)
        helpers.expectObservable(both.sample(batch('b'), sampling)).toBe('#', {}, refusal)
        const [other, held] = [
          refusing('other'),
          doubleServer('held', { sample: (group) => helpers.cold('--g|', { g: group }) }),
        ]
        const mixed = createPool([other, held])
        helpers.expectObservable(mixed.sample(batch('c', 'd'), sampling)).toBe('--(cd|)', {
          c: groupOf(0, 0, aPrompt('c'), 2),
          d: groupOf(0, 1, aPrompt('d'), 2),
        })
        for (const pool of [lonely, both, mixed]) closeAfter(helpers, '900ms', pool)
        helpers.flush()
        expect([alone, ...pair].map(({ asked }) => asked)).toEqual([['a'], ['b'], ['b']])
        // A server that is unfit is taken out; one that refuses some prompts may answer others.
        expect([other.asked, held.asked]).toEqual([problem === 'unfit' ? ['c'] : ['c', 'd'], ['c', 'd']])
      })
    },
  )

  it('waits with a refused prompt for a server that gets new weights, and fails when it does not get them', () => {
    virtually((helpers) => {
      const refusal = serverError('refused')
      const refusing = doubleServer('refusing', { sample: () => throwError(() => refusal) })
      const join = helpers.cold('---#', {}, serverError('unreachable'))
      const pool = createPool([refusing, doubleServer('joining', { join: () => join })])
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('---|')
      const sampled$ = helpers.cold('-x|').pipe(mergeMap(() => pool.sample(batch('a'), sampling)))
      helpers.expectObservable(sampled$).toBe('---#', {}, refusal)
      closeAfter(helpers, '900ms', pool)
      helpers.flush()
      expect(refusing.asked).toEqual(['a'])
    })
  })

  it('says that a server is tried again, from the question until its answer', () => {
    virtually((helpers) => {
      const joins = [helpers.cold('5ms #', {}, serverError('unreachable')), helpers.cold('20ms |')]
      const lost = doubleServer('lost', {
        sample: (group, call) => (call === 0 ? failing('unreachable')() : of(group)),
        join: (call) => joins[call]!,
      })
      const pool = createPool([lost, doubleServer('held')])
      const states: unknown[] = []
      pool.changes$.subscribe(() => states.push([asyncScheduler.now(), pool.servers[0]!.state]))
      pool.sample(batch('a'), sampling).subscribe()
      helpers.flush()
      expect(states).toEqual([
        [0, 'away'],
        [1000, 'returning'],
        [1005, 'away'],
        [3005, 'returning'],
        [3025, 'ready'],
      ])
    })
  })

  it('ends a request that exceeds its time, and gives the prompt to another server', () => {
    virtually((helpers) => {
      const hanging = helpers.cold<RolloutGroup>('-')
      const answer = answering(helpers, '--g|', 0, 'a')
      const pool = createPool(
        [doubleServer('hanging', { sample: () => hanging }), doubleServer('held', { sample: () => answer })],
        { timeLimit: 0.02, failures: 1 },
      )
      helpers.expectObservable(pool.sample(batch('a'), sampling)).toBe('22ms (a|)', groupsOf(['a']))
      helpers.expectSubscriptions(hanging.subscriptions).toBe('^ 19ms !')
      helpers.expectSubscriptions(answer.subscriptions).toBe('20ms ^-!')
    })
  })

  it('has one timer for all requests, which ends each of them at its own time', () => {
    virtually((helpers) => {
      const pool = createPool([doubleServer('a', { sample: () => NEVER })], {
        timeLimit: 0.01,
        attempts: 1,
        failures: 9,
      })
      const late = (start: string) => helpers.cold(`${start}x|`).pipe(mergeMap(() => pool.sample(batch('a'), sampling)))
      const ended: unknown[] = []
      for (const start of ['', '4ms ', '9ms '])
        late(start).subscribe({
          error: (error: unknown) => {
            const { problem, message } = error as ServerError
            ended.push([asyncScheduler.now(), problem, message.includes('raise timeLimit (--rollout-timeout N)')])
          },
        })
      helpers.flush()
      expect(ended).toEqual([10, 14, 19].map((time) => [time, 'timed-out', true]))
    })
  })

  it('fails when no server answers in time, and names each with its last error', () => {
    virtually((helpers) => {
      const server = (name: string) =>
        doubleServer(name, { sample: failing('unreachable'), join: failing('unreachable') })
      const pool = createPool([server('one'), server('two')], { patience: 5 })
      const errors: unknown[] = []
      pool.sample(batch('a'), sampling).subscribe({
        error: (error: unknown) => {
          errors.push([asyncScheduler.now(), error])
          pool.close()
        },
      })
      helpers.flush()
      expect(errors).toMatchObject([
        [
          5000,
          {
            problem: 'unreachable',
            message: expect.stringMatching(
              /^the pool of 2 servers: found no server that answers for 5 s \(one: .*trouble.*; two: .*trouble.*\), expected at least one; start the servers, and resume the run$/,
            ) as unknown,
          },
        ],
      ])
    })
  })

  it('asks another server when one ends without a group', () => {
    const silent = doubleServer('silent', { sample: () => EMPTY })
    const groups: RolloutGroup[] = []
    const held = doubleServer('held')
    createPool([silent, held], { failures: 1 })
      .sample(batch('a'), sampling)
      .subscribe((group) => groups.push(group))
    expect([silent.asked, held.asked, groups.length]).toEqual([['a'], ['a'], 1])
  })

  it('emits one group for a server that answers twice', () => {
    virtually((helpers) => {
      const twice = helpers.cold('-gg|', { g: groupOf(0, 0, aPrompt('a')) })
      const pool = createPool([doubleServer('a', { sample: () => twice })])
      helpers.expectObservable(pool.sample(batch('a'), sampling)).toBe('-(a|)', groupsOf(['a']))
      helpers.expectSubscriptions(twice.subscriptions).toBe('^!')
    })
  })

  it('frees its places when a call is unsubscribed, and leaves the other calls alone', () => {
    virtually((helpers) => {
      const hanging = helpers.cold<RolloutGroup>('-')
      const answer = helpers.cold('--g|', { g: groupOf(1, 0, aPrompt('c')) })
      const server = doubleServer('a', { sample: ({ prompt }) => (prompt.id === 'c' ? answer : hanging) })
      const pool = createPool([server], { promptsPerServer: 1 })
      helpers.expectObservable(pool.sample(batch('a', 'b'), sampling), '^---!').toBe('')
      helpers
        .expectObservable(pool.sample(aPromptBatch(1, ['c']), sampling))
        .toBe('------(c|)', { c: groupOf(1, 0, aPrompt('c')) })
      helpers.expectSubscriptions(hanging.subscriptions).toBe('^---!')
      helpers.expectSubscriptions(answer.subscriptions).toBe('----^-!')
    })
  })

  it('passes an error that is none of a server at once, and keeps the server', () => {
    const broken = new Error('broken')
    const server = doubleServer('a', { sample: (group, call) => (call === 0 ? throwError(() => broken) : of(group)) })
    const pool = createPool([server])
    const events: unknown[] = []
    const record = (event: unknown) => events.push(event)
    pool.sample(batch('a'), sampling).subscribe({ error: record })
    pool.sample(batch('b'), sampling).subscribe(record)
    expect(events).toEqual([broken, groupOf(0, 0, aPrompt('b'))])
  })

  it('gives a slow server its share of the prompts, and does not wait for it at the end', () => {
    virtually((helpers) => {
      const server = (name: string, time: string) =>
        doubleServer(name, { sample: (group) => helpers.cold(`${time} g|`, { g: group }) })
      const [fast, slow] = [server('fast', '10ms'), server('slow', '100ms')]
      const pool = createPool([fast, slow], { promptsPerServer: 4 })
      const prompts = Array.from({ length: 440 }, (_, i) => `p${i}`)
      const ends: number[] = []
      pool.sample(batch(...prompts), sampling).subscribe({ complete: () => ends.push(asyncScheduler.now()) })
      helpers.flush()
      // Together they finish 0.44 prompts in a millisecond, so 440 prompts take 1 s at best.
      expect(ends[0]).toBeLessThanOrEqual(1100)
      expect(slow.asked.length).toBeGreaterThanOrEqual(32)
      expect(slow.asked.length).toBeLessThanOrEqual(40)
    })
  })

  it('scores by a server that answers', () => {
    const scored = aBatch()
    const lost = { ...doubleServer('lost'), score: failing('unreachable'), logprobs: failing('unreachable') }
    const pool = createPool([lost, doubleServer('held')])
    const found: unknown[] = []
    pool.score(scored).subscribe((scores) => found.push(scores))
    pool.logprobs([1, 2]).subscribe((logprobs) => found.push(logprobs))
    expect(found).toEqual([someScores(scored), new Float32Array(2)])
    pool.close()
  })

  it('is refused without servers and for an impossible option', () => {
    expect(() => createPool([])).toThrow('pooled: found no server, expected at least one')
    expect(() => createPool([doubleServer('a')], { attempts: 0 })).toThrow(
      'attempts: found 0, expected an integer >= 1',
    )
    expect(() => createPool([doubleServer('a')], { timeLimit: 0 })).toThrow(
      'timeLimit: found 0, expected seconds in (0, 2147483]',
    )
    // A timer with a longer delay fires at once.
    expect(() => createPool([doubleServer('a')], { patience: 30 * 86_400 })).toThrow(
      'patience: found 2592000, expected',
    )
  })
})

describe('weights published to a pool', () => {
  it('reach every server before it samples again, and wait for no other server', () => {
    virtually((helpers) => {
      const joins = [helpers.cold('--|'), helpers.cold('-----|')]
      const server = (name: string, place: number) =>
        doubleServer(name, {
          sample: (group) => helpers.cold('--g|', { g: group }),
          join: () => joins[place]!,
        })
      const [first, second] = [server('first', 0), server('second', 1)]
      const pool = createPool([first, second], { promptsPerServer: 1 })
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('-----|')
      // The first server has the weights at 2 ms and samples a and b, and d at 6 ms; the second one has them at 5 ms and samples c.
      helpers
        .expectObservable(helpers.cold('-x|').pipe(mergeMap(() => pool.sample(batch('a', 'b', 'c', 'd'), sampling))))
        .toBe('----a-bc(d|)', groupsOf(['a', 'b', 'c', 'd'], 1))
      helpers.flush()
      expect([first.joins, second.joins]).toEqual([[1], [1]])
    })
  })

  it('leave the requests alone that were sent before', () => {
    virtually((helpers) => {
      const answer = answering(helpers, '----g|', 0, 'a')
      const pool = createPool([doubleServer('a', { sample: () => answer, join: () => helpers.cold('-|') })])
      helpers.expectObservable(pool.sample(batch('a'), sampling)).toBe('----(a|)', groupsOf(['a']))
      helpers.expectObservable(helpers.cold('-x|').pipe(mergeMap(() => pool.publish(weightsOf(1))))).toBe('--|')
      helpers.expectSubscriptions(answer.subscriptions).toBe('^---!')
    })
  })

  it('are published without a server that is away, which gets them before it is taken back', () => {
    virtually((helpers) => {
      const lost = doubleServer('lost', {
        sample: (group, call) => (call === 0 ? failing('unreachable')() : of(group)),
      })
      const held = doubleServer('held', { join: () => helpers.cold('--|') })
      const pool = createPool([lost, held])
      pool.sample(batch('a'), sampling).subscribe()
      helpers.expectObservable(pool.publish(weightsOf(7))).toBe('--|')
      helpers.flush()
      expect(lost.joins).toEqual([7])
      expect(pool.servers.map(({ state }) => state)).toEqual(['ready', 'ready'])
    })
  })

  it('reach a server that is tried again, and do not wait for it', () => {
    virtually((helpers) => {
      const lost = doubleServer('lost', {
        sample: (group, call) => (call === 0 ? failing('unreachable')() : of(group)),
        join: (call) => (call === 0 ? NEVER : helpers.cold('7ms |')),
      })
      const pool = createPool([lost, doubleServer('held', { join: () => helpers.cold('--|') })])
      pool.sample(batch('a'), sampling).subscribe()
      const published$ = helpers.cold('1003ms x|').pipe(mergeMap(() => pool.publish(weightsOf(7))))
      helpers.expectObservable(published$).toBe('1005ms |')
      const states: string[] = []
      helpers.cold('1006ms x|').subscribe(() => states.push(pool.servers[0]!.state))
      helpers.flush()
      expect([...states, pool.servers[0]!.state]).toEqual(['returning', 'ready'])
      expect(lost.joins).toEqual([null, 7])
    })
  })

  it('fail when the pool is closed before the servers have them', () => {
    virtually(() => {
      const pool = createPool([doubleServer('a', { join: () => NEVER })])
      const errors: unknown[] = []
      pool.publish(weightsOf(1)).subscribe({ error: (error: unknown) => errors.push(error) })
      pool.close()
      expect(errors).toMatchObject([{ problem: 'unreachable', found: 'a pool that was closed' }])
    })
  })

  it('reach a server that was joining with earlier weights', () => {
    virtually((helpers) => {
      const server = doubleServer('a', { join: (call) => helpers.cold(call === 0 ? '-----|' : '--|') })
      const pool = createPool([server])
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('----|')
      helpers.expectObservable(helpers.cold('--x|').pipe(mergeMap(() => pool.publish(weightsOf(2))))).toBe('----|')
      helpers.flush()
      expect(server.joins).toEqual([1, 2])
      expect(pool.weights).toEqual(weightsOf(2))
    })
  })

  it('fail with the error of a server that did not take them, which samples no longer', () => {
    virtually((helpers) => {
      const notTaken = serverError('unfit')
      const deaf = doubleServer('deaf', { join: () => helpers.cold('--#', {}, notTaken) })
      const held = doubleServer('held', { join: () => helpers.cold('-|') })
      const pool = createPool([deaf, held], { longestWait: 1 })
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('--#', {}, notTaken)
      const groups$ = pool.sample(batch('a', 'b'), sampling)
      helpers.expectObservable(groups$).toBe('-(ab|)', groupsOf(['a', 'b'], 1))
      closeAfter(helpers, '3s', pool)
      helpers.flush()
      expect(deaf.asked).toEqual([])
    })
  })

  it('do not fail because of a server that was taken out and comes back without taking weights', () => {
    virtually((helpers) => {
      const restarted = doubleServer('restarted', {
        sample: failing('unreachable'),
        join: (call) => helpers.cold(call === 0 ? '--|' : '--#', {}, serverError('unfit', 'no route')),
      })
      const pool = createPool([restarted, doubleServer('held', { join: () => helpers.cold('9ms |') })])
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('9ms |')
      helpers
        .cold('20ms x|')
        .pipe(mergeMap(() => pool.sample(batch('a'), sampling)))
        .subscribe()
      // It is tried again from 1020 ms to 1022 ms, while this publication is in progress.
      helpers
        .expectObservable(helpers.cold('1015ms x|').pipe(mergeMap(() => pool.publish(weightsOf(2)))))
        .toBe('1024ms |')
      helpers.cold('1030ms x|').subscribe(() => {
        expect(pool.servers).toMatchObject([{ state: 'away', fault: { problem: 'unfit' } }, { state: 'ready' }])
        pool.close()
      })
      helpers.flush()
      expect(restarted.joins).toEqual([1, 2])
    })
  })

  it('are published when one server has them, after a first publication that waits for all', () => {
    virtually((helpers) => {
      const [fast, slow] = [
        doubleServer('fast', {
          sample: (group) => helpers.cold('--g|', { g: group }),
          join: () => helpers.cold('-|'),
        }),
        doubleServer('slow', { join: (call) => helpers.cold(call === 0 ? '---|' : '60ms |') }),
      ]
      const pool = createPool([fast, slow])
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('---|')
      helpers.expectObservable(helpers.cold('9ms x|').pipe(mergeMap(() => pool.publish(weightsOf(2))))).toBe('10ms |')
      const sampled$ = helpers.cold('10ms x|').pipe(mergeMap(() => pool.sample(batch('a'), sampling)))
      helpers.expectObservable(sampled$).toBe('12ms (a|)', groupsOf(['a'], 2))
      const states: (readonly string[])[] = []
      helpers.cold('68ms x-x|').subscribe(() => states.push(pool.servers.map(({ state }) => state)))
      helpers.flush()
      expect(states).toEqual([
        ['ready', 'joining'],
        ['ready', 'ready'],
      ])
      expect([fast.joins, slow.joins]).toEqual([
        [1, 2],
        [1, 2],
      ])
    })
  })

  it('fail with the error of a server that did not take the weights of the publication before', () => {
    virtually((helpers) => {
      const notTaken = serverError('unfit')
      const deaf = doubleServer('deaf', {
        join: (call) => helpers.cold(call === 0 ? '-|' : '5ms #', {}, notTaken),
      })
      const pool = createPool([doubleServer('held', { join: () => helpers.cold('-|') }), deaf])
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('-|')
      const publishAt = (time: string, version: number) =>
        helpers.cold(`${time} x|`).pipe(mergeMap(() => pool.publish(weightsOf(version))))
      helpers.expectObservable(publishAt('10ms', 2)).toBe('11ms |')
      helpers.expectObservable(publishAt('20ms', 3)).toBe('20ms #', {}, notTaken)
      closeAfter(helpers, '30ms', pool)
    })
  })

  it('are waited for while no server has them, as long as the patience', () => {
    virtually((helpers) => {
      const server = doubleServer('a', { join: (call) => (call < 2 ? failing('failed')() : of(undefined)) })
      const pool = createPool([server])
      // It fails at 0 s and at 1 s, and joins at 3 s.
      helpers.expectObservable(pool.publish(weightsOf(1))).toBe('3s |')
      const lost = createPool([doubleServer('b', { join: failing('failed') })], { patience: 10 })
      const errors: unknown[] = []
      lost.publish(weightsOf(1)).subscribe({
        error: (error: unknown) => {
          errors.push([asyncScheduler.now(), error])
          lost.close()
        },
      })
      helpers.flush()
      expect(errors).toMatchObject([[10_000, { problem: 'unreachable' }]])
    })
  })
})

describe('groups of a pool', () => {
  it('come once each, also if a server is lost with prompts in its work', () => {
    virtually((helpers) => {
      const server = (name: string, fails: boolean) =>
        doubleServer(name, {
          sample: (group, call) =>
            fails && call === 5
              ? helpers.cold('3ms #', {}, serverError('unreachable'))
              : helpers.cold('7ms g|', { g: group }),
        })
      const pool = createPool([server('one', true), server('two', false)], { promptsPerServer: 3 })
      const prompts = Array.from({ length: 40 }, (_, i) => `p${i}`)
      const found: string[] = []
      pool
        .sample(batch(...prompts), sampling)
        .pipe(toArray())
        .subscribe((groups) => found.push(...groups.map(({ prompt }) => prompt.id)))
      helpers.flush()
      expect(found.toSorted()).toEqual(prompts.toSorted())
    })
  })
})
