import { type Observable, type ObservableInput, of, throwError } from 'rxjs'
import { ServerError, type ServerProblem } from '#lib/remote/http/server-error.js'
import type { PoolServer } from '#lib/remote/pool/pool.js'
import type { PublishedWeights } from '#lib/remote/remote-policy.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { aCompletion, someScores } from '#testing.js'

/** Weights of a version. */
export const weightsOf = (version: number): PublishedWeights => ({
  version,
  name: `entrain-run-${version}`,
  kind: 'adapters',
  folder: `/shared/entrain-run-${version}`,
})

export const serverError = (problem: ServerProblem, message = 'trouble'): ServerError =>
  new ServerError(problem, 'POST http://a/generate', message, 'an answer')

/** Group of two completions of one prompt. */
export const groupOf = (step: number, index: number, prompt: Prompt, groups = 1, version = 0): RolloutGroup => ({
  step,
  groups,
  index,
  prompt,
  completions: [aCompletion(1, { version }), aCompletion(2, { version })],
})

/** Calls of a {@link doubleServer}. */
export interface DoubleServer extends PoolServer {
  /** Ids of the prompts that it was asked for, in order. */
  readonly asked: readonly string[]
  /** Versions that it was told to take, in order. */
  readonly joins: readonly (number | null)[]
  /** Version that it has. */
  readonly version: number
}

/** Answers of a {@link doubleServer}. */
export interface DoubleAnswers {
  readonly sample?: (group: RolloutGroup, call: number) => ObservableInput<RolloutGroup>
  readonly join?: (call: number, weights: PublishedWeights | null) => ObservableInput<unknown>
  readonly fault$?: Observable<ServerError | null>
}

/** Server without a network that answers as it is told, by default at once, and records its calls. */
export const doubleServer = (
  name: string,
  { sample = (group) => of(group), join = () => of(undefined), fault$ = of(null) }: DoubleAnswers = {},
): DoubleServer => {
  const asked: string[] = []
  const joins: (number | null)[] = []
  let version = 0
  return {
    name,
    asked,
    joins,
    fault$,
    get version() {
      return version
    },
    sample: ({ step, prompts, offset = 0 }) => {
      const [prompt] = prompts as readonly [Prompt]
      return sample(groupOf(step, offset, prompt, 1, version), asked.push(prompt.id) - 1)
    },
    score: (batch) => of(someScores(batch, 0.5, version)),
    logprobs: (tokens) => of(new Float32Array(tokens.length)),
    join: (weights) => {
      const call = joins.push(weights === null ? null : weights.version) - 1
      if (weights !== null) version = weights.version
      return join(call, weights)
    },
  }
}

/** Answer with an error of a server. */
export const failing =
  (problem: ServerProblem): (() => ObservableInput<never>) =>
  () =>
    throwError(() => serverError(problem))
