import { setTimeout as delay } from 'node:timers/promises'
import type { Routine } from '../../lib/compute/engine/engine.js'
import { collectGarbage } from '../collect-garbage.js'

/** Memory of a JavaScript heap after a collection. @units bytes */
export interface HeapMemory {
  readonly heap: number
  /** Memory outside the heap that its objects own, such as arrays of numbers. */
  readonly buffers: number
}

/** Time in which the memory of collected objects is freed. @units ms */
const FREEING = 100

/** Returns the memory of the heap of the calling thread. */
export const measureHeap = async (): Promise<HeapMemory> => {
  // Memory outside the heap is freed after the collection that finds it, and what its finalizers held needs another one.
  for (let i = 0; i < 2; i++) {
    collectGarbage()
    await delay(FREEING)
  }
  const { heapUsed, external } = process.memoryUsage()
  return { heap: heapUsed, buffers: external }
}

/** Routine that measures the heap of the thread of an engine. */
export const threadMemory: Routine<null, null, HeapMemory> = {
  module: import.meta.url,
  name: 'threadMemory',
  start: () => ({
    async *run() {
      yield await measureHeap()
    },
    dispose: () => Promise.resolve(),
  }),
}
