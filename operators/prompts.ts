import { Observable, type Subscriber } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Prompt, PromptBatch, PromptSource } from '../lib/rollout/prompt.js'
import type { Demand } from '../lib/control/demand.js'
import { isPending, batchReader, type ReadItems } from '../lib/control/batch-reader.js'

/**
 * Batches of prompts, pulled from the source when a credit allows and never before.
 *
 *     credits    2-----1----1------      inFlight: 2
 *     prompts    (ab)--c----(d|)         d: what was left when the source ended
 *
 * Batches are numbered from `demand.firstStep`. Unsubscribing calls the iterator's `return`. A source that throws
 * ends the stream with its error; prompts of the batch in the making are lost.
 *
 * @errors PipelineError AlreadyRunning; BrokenInvariant when a credit comes back that no batch holds
 */
export const prompts = (source: PromptSource, demand: Demand): Observable<PromptBatch> =>
  new Observable<PromptBatch>((subscriber) => pump(source, demand, subscriber)).pipe(demand.sourceEnd)

const pump = (source: PromptSource, demand: Demand, subscriber: Subscriber<PromptBatch>): void => {
  const inFlight = new Set<number>()
  let next = demand.firstStep
  let pulling = false
  const { read: pull, close } = batchReader(source, () => subscriber.closed)

  const deliver = ({ items, ended }: ReadItems<Prompt>) => {
    pulling = false
    if (items.length > 0) {
      const batch = next++
      inFlight.add(batch)
      subscriber.next({ step: batch, prompts: items })
    }
    if (ended) subscriber.complete()
  }
  const fail = (error: unknown) => subscriber.error(error)
  const pullWhileCredit = () => {
    try {
      while (!pulling && inFlight.size < demand.inFlight && !subscriber.closed) {
        pulling = true
        const pulled = pull(demand.prompts)
        if (isPending(pulled)) pulled.then(deliver).then(pullWhileCredit, fail)
        else deliver(pulled)
      }
    } catch (error) {
      fail(error)
    }
  }
  subscriber.add(close)
  subscriber.add(
    demand.credits$.subscribe((batch) => {
      if (!inFlight.delete(batch))
        fail(new PipelineError('BrokenInvariant', `batch ${batch} holds no credit to return`))
      pullWhileCredit()
    }),
  )
  pullWhileCredit()
}
