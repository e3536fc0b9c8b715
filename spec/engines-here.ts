import { existsSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { type EngineName, engineNames } from '#lib/compute/engine/engines.js'
import { openEngine } from '#lib/compute/engine/open-engine.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Engines that every installation has, and all other engines that open on this machine. */
    engines: readonly EngineName[]
  }
}

/** Vulkan driver of SwiftShader, which comes with Chromium on Debian and emulates a GPU on the CPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/**
 * Opens an engine. Without a GPU, specs run the engine `webgpu` on SwiftShader. The other engines on WebGPU run on it only if
 * `VK_ICD_FILENAMES` names it, because their specs would take minutes there.
 */
const openHere = async (name: EngineName) => {
  const opened = await openEngine(name)()
  const isOpen = opened._tag === 'Right' || name !== 'webgpu'
  if (isOpen || process.env['VK_ICD_FILENAMES'] !== undefined || !existsSync(SWIFTSHADER)) return opened
  process.env['VK_ICD_FILENAMES'] = SWIFTSHADER
  return openEngine(name)()
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
    const result = await openHere(name)
    if (result._tag === 'Right') {
      engines.push(name)
      await result.right.engine.close()
    }
    console.log(`${name}: ${result._tag === 'Right' ? result.right.reason : result.left.message.split('\n', 1)[0]}`)
  }
  provide('engines', engines)
}
