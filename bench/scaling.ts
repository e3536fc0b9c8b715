import type { Bench } from './bench.js'
export const scalingBench: Bench = async function* () {}
