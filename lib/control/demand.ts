import { asapScheduler, type Observable, observeOn, Subject } from 'rxjs'
import { checkOption, integerFrom } from '../option.js'
import { type Exclusive, exclusive } from './exclusive.js'

/** Sizes that a demand is created with. */
export interface DemandOptions {
  /** Number of prompts in a batch, at least 1. */
  readonly prompts: number
  /**
   * Maximum number of batches between prompts and sink, at least 1. With 1, training is strictly on-policy. With 2,
   * generation overlaps the update, and completions are at most 1 step older than the weights that train.
   */
  readonly inFlight: number
  /** Step of the first batch; a resumed run starts after 0. Default 0. */
  readonly firstStep?: number
}

/** Credits of one run: {@link prompts} spends one credit for each batch, and the sink returns it. */
export interface Demand extends Required<DemandOptions> {
  /** Steps whose credit was returned. Each is emitted on a new call stack, so that synchronous ports do not overflow it. */
  readonly credits$: Observable<number>
  /** Returns the credit of a step, after the sink has trained on its batch. */
  readonly returnCredit: (step: number) => void
  /** Records whether a step changed no weight. The sink calls it before it returns the credit of the step. */
  readonly recordOutcome: (step: number, isSkipped: boolean) => void
  /** Returns the steps from one on that are known to have changed no weight. It forgets the steps before. */
  readonly skippedSteps: (from: number) => readonly number[]
  /** Reserves the source end for one subscription at a time. @errors PipelineError AlreadyRunning */
  readonly sourceEnd: Exclusive
  /** Reserves the sink end for one subscription at a time. @errors PipelineError AlreadyRunning */
  readonly sinkEnd: Exclusive
}

/**
 * Creates the demand of a training pipeline: back-pressure by credits, for one run at a time.
 *
 *     prompts   a-------b-------c---     inFlight: 1
 *     sink      -----A-------B------     A: report of a, then the credit of a
 *
 * An observable cannot hold its source back, so {@link prompts} waits for a credit before it reads the next batch.
 *
 * @errors RangeError when `prompts` or `inFlight` is not an integer >= 1, or `firstStep` is not an integer >= 0
 *
 * @example
 * const demand = createDemand({ prompts: 32, inFlight: 1 })
 * prompts(source, demand).pipe(stages, gpuSink(learner, objective, demand))
 */
export const createDemand = ({ prompts, inFlight, firstStep = 0 }: DemandOptions): Demand => {
  checkOption('prompts', prompts, integerFrom(1))
  checkOption('inFlight', inFlight, integerFrom(1))
  checkOption('firstStep', firstStep, integerFrom(0))
  const returned$ = new Subject<number>()
  const skipped = new Set<number>()
  return {
    prompts,
    inFlight,
    firstStep,
    credits$: returned$.pipe(observeOn(asapScheduler)),
    returnCredit: (step) => returned$.next(step),
    recordOutcome: (step, isSkipped) => {
      if (isSkipped) skipped.add(step)
      else skipped.delete(step)
    },
    skippedSteps: (from) => {
      for (const step of skipped) if (step < from) skipped.delete(step)
      return [...skipped]
    },
    sourceEnd: exclusive('the source end of this demand'),
    sinkEnd: exclusive('the sink end of this demand'),
  }
}
