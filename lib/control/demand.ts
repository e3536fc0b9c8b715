import { asapScheduler, type Observable, observeOn, Subject } from 'rxjs'
import { type Exclusive, exclusive } from './exclusive.js'

export interface DemandOptions {
  /** Prompts of a batch. */
  readonly prompts: number
  /** Most batches on their way at once: 1 is strictly on-policy, 2 overlaps generation with the update at staleness 1. */
  readonly inFlight: number
  /** Number of the first batch; a run that resumes goes on counting. */
  readonly firstStep?: number
}

/** The credits that a run's two ends share: {@link prompts} spends one per batch, the sink gives it back. */
export interface Demand extends Required<DemandOptions> {
  /** Batches whose credit comes back. Each arrives on a stack of its own: ports that answer at once pile up no calls. */
  readonly credits$: Observable<number>
  /** The sink is done with a batch. */
  readonly returnCredit: (batch: number) => void
  /** Holds an end for as long as it is subscribed. @errors PipelineError AlreadyRunning */
  readonly sourceEnd: Exclusive
  readonly sinkEnd: Exclusive
}

/**
 * Back-pressure for one run at a time: an observable cannot be held back, so credit is spent where prompts are pulled.
 *
 *     prompts   a-------b-------c---     inFlight: 1
 *     sink      -----A-------B------     A: report of a, then its credit
 *
 * @errors RangeError for counts that are not positive integers
 */
export const createDemand = ({ prompts, inFlight, firstStep: firstStep = 0 }: DemandOptions): Demand => {
  checkInteger('prompts', prompts, 1)
  checkInteger('inFlight', inFlight, 1)
  checkInteger('firstStep', firstStep, 0)
  const returned = new Subject<number>()
  return {
    prompts,
    inFlight,
    firstStep: firstStep,
    credits$: returned.pipe(observeOn(asapScheduler)),
    returnCredit: (batch) => returned.next(batch),
    sourceEnd: exclusive('the source end of this demand'),
    sinkEnd: exclusive('the sink end of this demand'),
  }
}

const checkInteger = (name: string, value: number, least: number): void => {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name}: found ${value}, expected an integer >= ${least}`)
}
