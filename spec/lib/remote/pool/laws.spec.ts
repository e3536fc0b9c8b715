import { fc, test } from '@fast-check/vitest'
import { EMPTY, mergeMap, NEVER, type ObservableInput, of, throwError, timer } from 'rxjs'
import { describe, expect } from 'vitest'
import type { ServerProblem } from '#lib/remote/http/server-error.js'
import { createPool } from '#lib/remote/pool/pool.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { aPromptBatch, virtually } from '#testing.js'
import { doubleServer, serverError, weightsOf } from './doubles.js'

const sampling = { group: 2, temperature: 1, topK: 0, topP: 1, maxTokens: 8, seed: 7 }

const problems: readonly ServerProblem[] = [
  ...(['unreachable', 'timed-out', 'refused', 'busy', 'failed'] as const),
  ...(['unreadable', 'suspended'] as const),
]

/** Answer of a server to one request: a group or an error after a time, two groups, nothing at all, or no answer. */
type Answer =
  | { readonly kind: 'group' | 'two-groups' | 'nothing'; readonly after: number }
  | { readonly kind: 'error'; readonly after: number; readonly problem: ServerProblem }
  | { readonly kind: 'hang' }

const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 }))

const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('group' as const), after: time }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('two-groups' as const, 'nothing' as const), after: time }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('error' as const),
      after: time,
      problem: fc.constantFrom(...problems),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'hang' as const }) },
)

/** Answers of one server: to samples and to joins, each list from its start again when it is used up. */
const anyServer = fc.record({
  samples: fc.array(anyAnswer, { minLength: 1, maxLength: 12 }),
  joins: fc.array(anyAnswer, { minLength: 1, maxLength: 4 }),
})

const give = <A>(answer: Answer, value: A): ObservableInput<A> => {
  if (answer.kind === 'hang') return NEVER
  const outcome = (): ObservableInput<A> => {
    if (answer.kind === 'error') return throwError(() => serverError(answer.problem))
    if (answer.kind === 'nothing') return EMPTY
    return answer.kind === 'group' ? of(value) : of(value, value)
  }
  return answer.after === 0 ? outcome() : timer(answer.after).pipe(mergeMap(outcome))
}

const anyRun = fc.record({
  servers: fc.array(anyServer, { minLength: 1, maxLength: 4 }),
  batches: fc.array(fc.record({ start: time, prompts: fc.integer({ min: 1, max: 8 }) }), {
    minLength: 1,
    maxLength: 5,
  }),
  publications: fc.array(time, { maxLength: 3 }),
  promptsPerServer: fc.integer({ min: 1, max: 4 }),
  attempts: fc.integer({ min: 1, max: 4 }),
})

/** Time in which every batch has ended: all attempts, waits and patiences of all of them. @units ms */
const LONGEST = 10_000_000

/** Groups and ends of one batch. */
interface Outcome {
  readonly prompts: readonly string[]
  readonly groups: RolloutGroup[]
  readonly ends: string[]
}

describe('a pool of servers that fail at random', () => {
  test.prop([anyRun], { numRuns: 500 })(
    'gives each prompt one group or one error, never twice, and only from a server with the published weights',
    ({ servers: scripts, batches, publications, promptsPerServer, attempts }) => {
      const outcomes: Outcome[] = []
      const wrong: string[] = []
      virtually(({ flush }) => {
        let running = batches.length + publications.length
        const servers = scripts.map(({ samples, joins }, s) => {
          const server = doubleServer(`server ${s}`, {
            sample: (group, call) => {
              const newest = pool.weights?.version ?? 0
              if (server.version !== newest) wrong.push(`server ${s} sampled with ${server.version}, not ${newest}`)
              return give(samples[call % samples.length]!, group)
            },
            join: (call) => give(joins[call % joins.length]!, undefined),
          })
          return server
        })
        const pool = createPool(servers, { promptsPerServer, attempts, timeLimit: 2, patience: 20, longestWait: 4 })
        // A pool that is not closed tries servers that never come back for ever.
        const lastClose = timer(LONGEST).subscribe(() => pool.close())
        const end = () => {
          if (--running > 0) return
          lastClose.unsubscribe()
          pool.close()
        }
        batches.forEach(({ start, prompts: count }, step) => {
          const prompts = Array.from({ length: count }, (_, i) => `${step}/${i}`)
          const outcome: Outcome = { prompts, groups: [], ends: [] }
          outcomes.push(outcome)
          timer(start)
            .pipe(mergeMap(() => pool.sample(aPromptBatch(step, prompts), sampling)))
            .subscribe({
              next: (group) => outcome.groups.push(group),
              error: () => {
                outcome.ends.push('error')
                end()
              },
              complete: () => {
                outcome.ends.push('complete')
                end()
              },
            })
        })
        publications
          .toSorted((a, b) => a - b)
          .forEach((start, place) =>
            timer(start)
              .pipe(mergeMap(() => pool.publish(weightsOf(place + 1))))
              .subscribe({ error: end, complete: end }),
          )
        flush()
      })
      expect(wrong).toEqual([])
      outcomes.forEach(({ prompts, groups, ends }, step) => {
        expect(ends).toHaveLength(1)
        const ids = groups.map(({ prompt }) => prompt.id)
        expect(new Set(ids).size).toBe(ids.length)
        if (ends[0] === 'complete') expect(ids.toSorted()).toEqual(prompts.toSorted())
        for (const group of groups) {
          expect(group).toMatchObject({ step, groups: prompts.length })
          expect(prompts[group.index]).toBe(group.prompt.id)
        }
      })
    },
  )
})
