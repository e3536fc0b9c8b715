import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'

/** Event of a simulation. */
interface Event {
  readonly time: number
  /** Number of the event: events of one time are in the order in which they were scheduled. */
  readonly number: number
  readonly subscription: Subscription
  readonly run: () => void
}

/** Scheduler whose time advances from event to event. RxJS has one, but it sorts all events whenever one is added. */
export interface VirtualClock extends SchedulerLike {
  /**
   * Runs the events in the order of their times, until there are none or `isOver` returns true. Promises settle between two
   * events, so that the effects of an event are complete before the time advances.
   */
  readonly run: (isOver: () => boolean) => Promise<void>
}

/** Creates a clock at time 0. @units ms */
export const createVirtualClock = (): VirtualClock => {
  const heap: Event[] = []
  let now = 0
  let nextNumber = 0
  return {
    now: () => now,
    schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription => {
      const subscription = new Subscription()
      const action = Object.assign(subscription, {
        schedule: () => {
          throw new Error('found an action that repeats, expected single actions only')
        },
      }) as SchedulerAction<T>
      push(heap, { time: now + delay, number: nextNumber++, subscription, run: () => work.call(action, state) })
      return subscription
    },
    run: async (isOver) => {
      // Several turns, because a credit and the batch that it admits are promises one after the other.
      const settle = async () => {
        for (let turn = 0; turn < 4; turn++) await Promise.resolve()
      }
      await settle()
      for (let event = pop(heap); event !== undefined && !isOver(); event = pop(heap)) {
        if (event.subscription.closed) continue
        now = event.time
        event.run()
        await settle()
      }
    },
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.time < other.time || (one.time === other.time && one.number < other.number)

const push = (heap: Event[], event: Event): void => {
  let at = heap.push(event) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(event, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = event
}

const pop = (heap: Event[]): Event | undefined => {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return first
}
