import type { Bench } from './bench.js'
export const memoryBench: Bench = async function* () {}
