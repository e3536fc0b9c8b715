import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Collects garbage, and measures the heap. @units MiB */
export const measureHeap = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}
