import { collectGarbage } from './collect-garbage.js'

/** Collects garbage, and measures the heap. @units MiB */
export const measureHeap = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}
