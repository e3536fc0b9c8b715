import type { Bench } from './bench.js'
export const opsBench: Bench = async function* () {}
