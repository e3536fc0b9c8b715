import { existsSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { type EngineName, engineNames } from '#lib/compute/engine/engines.js'
import { openEngine } from '#lib/compute/engine/open-engine.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Engines that every installation has, and all other engines that open on this machine. */
    engines: readonly EngineName[]
    /** Engines of these that run on SwiftShader, because there is no GPU. The longest specs run only a part on them. */
    emulated: readonly EngineName[]
  }
}

/** Vulkan driver of SwiftShader, which comes with Chromium on Debian and emulates a GPU on the CPU. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** Variable that says that the specs set `VK_ICD_FILENAMES`, because this file is run for every project of Vitest. */
const EMULATES = 'ENTRAIN_SPECS_EMULATE_A_GPU'

/**
 * Points the processes of the specs at SwiftShader. Without a GPU, the engine `webgpu` runs on it. The other engines on WebGPU run on
 * it only if `VK_ICD_FILENAMES` names it from the start, because their specs would take minutes there.
 */
const emulateGpu = (): boolean => {
  if (process.env['VK_ICD_FILENAMES'] !== undefined || !existsSync(SWIFTSHADER)) return false
  process.env['VK_ICD_FILENAMES'] = SWIFTSHADER
  process.env[EMULATES] = 'yes'
  return true
}

const stopEmulation = (): void => {
  if (process.env[EMULATES] !== undefined) delete process.env['VK_ICD_FILENAMES']
}

const required: readonly EngineName[] = ['onnx', 'tfjs-wasm', 'tfjs-cpu']
const optional = engineNames.filter((name) => !required.includes(name))

/**
 * Opens every optional engine before all specs. Specs of engines run on those that open. It prints the result for each,
 * because the specs of the others are skipped.
 */
export default async ({ provide }: TestProject): Promise<void> => {
  stopEmulation()
  const engines = [...required]
  const emulated: EngineName[] = []
  for (const name of optional) {
    let result = await openEngine(name)()
    if (result._tag === 'Left' && name === 'webgpu' && emulateGpu()) {
      result = await openEngine(name)()
      if (result._tag === 'Right') emulated.push(name)
    }
    if (result._tag === 'Right') {
      engines.push(name)
      await result.right.engine.close()
    }
    console.log(`${name}: ${result._tag === 'Right' ? result.right.reason : result.left.message.split('\n', 1)[0]}`)
  }
  provide('engines', engines)
  provide('emulated', emulated)
}
