import { Observable, type Subscriber } from 'rxjs'
import { batchReader, isPending, type ReadResult } from '../lib/control/batch-reader.js'
import type { Demand } from '../lib/control/demand.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Prompt, PromptBatch, PromptSource } from '../lib/rollout/prompt.js'

/**
 * Emits batches of prompts. A batch is read from the source when a credit is free, and never before.
 *
 *     credits    2-----1----1------      inFlight: 2
 *     prompts    (ab)--c----(d|)         d: the prompts that were left when the source ended
 *
 * Steps are numbered from `demand.firstStep`. Unsubscribing calls the iterator's `return`. A source that throws ends the
 * stream with its error; prompts already read for the next batch are dropped.
 *
 * @errors PipelineError AlreadyRunning when the demand serves another run; SpentPrompts when the source was iterated before
 *         and cannot start again; BrokenInvariant when a credit is returned that no batch holds; every error that the source
 *         throws
 * @example
 * const demand = createDemand({ prompts: 32, inFlight: 1 })
 * prompts(task.prompts('train', 7), demand).pipe(rollout(policy, sampling))
 */
export const prompts = (source: PromptSource, demand: Demand): Observable<PromptBatch> =>
  new Observable<PromptBatch>((subscriber) => readOnCredit(source, demand, subscriber)).pipe(demand.sourceEnd)

const readOnCredit = (source: PromptSource, demand: Demand, subscriber: Subscriber<PromptBatch>): void => {
  const inFlight = new Set<number>()
  let nextStep = demand.firstStep
  let isReading = false
  const { read, close } = batchReader(source, () => subscriber.closed)

  const emit = ({ items, ended }: ReadResult<Prompt>) => {
    isReading = false
    if (items.length > 0) {
      const step = nextStep++
      inFlight.add(step)
      subscriber.next({ step, prompts: items })
    }
    if (ended) subscriber.complete()
  }
  const fail = (error: unknown) => subscriber.error(error)
  const readWhileCredit = () => {
    try {
      while (!isReading && inFlight.size < demand.inFlight && !subscriber.closed) {
        isReading = true
        const result = read(demand.prompts)
        if (isPending(result)) result.then(emit).then(readWhileCredit, fail)
        else emit(result)
      }
    } catch (error) {
      fail(error)
    }
  }
  subscriber.add(close)
  subscriber.add(
    demand.credits$.subscribe((step) => {
      if (!inFlight.delete(step)) fail(unknownCredit(step))
      readWhileCredit()
    }),
  )
  readWhileCredit()
}

const unknownCredit = (step: number): PipelineError =>
  new PipelineError('BrokenInvariant', `found a returned credit of step ${step}, expected a step in flight`)
