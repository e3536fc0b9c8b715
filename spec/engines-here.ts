import type { TestProject } from 'vitest/node'
import type { EngineName } from '#lib/compute/engine/engines.js'
import { openEngine } from '#lib/compute/engine/open-engine.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Engines that every installation has, and those of the others that open on this machine. */
    engines: readonly EngineName[]
  }
}

const always: readonly EngineName[] = ['onnx', 'tfjs-wasm', 'tfjs-cpu']
const perhaps: readonly EngineName[] = ['tfjs-node', 'tfjs-node-gpu', 'onnx-cuda', 'onnx-webgpu', 'tfjs-webgpu']

/** Before all specs: what opens is held to the same numbers as the rest, and said, since the rest is skipped. */
export default async ({ provide }: TestProject): Promise<void> => {
  const engines = [...always]
  for (const name of perhaps) {
    const opened = await openEngine(name)()
    if (opened._tag === 'Right') {
      engines.push(name)
      await opened.right.engine.close()
    }
    console.log(`${name}: ${opened._tag === 'Right' ? opened.right.reason : opened.left.message.split('\n', 1)[0]}`)
  }
  provide('engines', engines)
}
