import type { Bench } from './bench.js'
export const overheadBench: Bench = async function* () {}
