import type { TestProject } from 'vitest/node'
import { type EngineName, engineNames } from '#lib/compute/engine/engines.js'
import { openEngine } from '#lib/compute/engine/open-engine.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Engines that every installation has, and all other engines that open on this machine. */
    engines: readonly EngineName[]
  }
}

const required: readonly EngineName[] = ['onnx', 'tfjs-wasm', 'tfjs-cpu']
const optional = engineNames.filter((name) => !required.includes(name))

/**
 * Opens every optional engine before all specs. Specs of engines run on those that open. It prints the result for each,
 * because the specs of the others are skipped.
 */
export default async ({ provide }: TestProject): Promise<void> => {
  const engines = [...required]
  for (const name of optional) {
    const result = await openEngine(name)()
    if (result._tag === 'Right') {
      engines.push(name)
      await result.right.engine.close()
    }
    console.log(`${name}: ${result._tag === 'Right' ? result.right.reason : result.left.message.split('\n', 1)[0]}`)
  }
  provide('engines', engines)
}
