import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { PATIENCE } from '../patience.js'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of Chromium: the variable CHROMIUM, or the first on the PATH; undefined if there is none. */
export const findChromium = (): string | undefined => process.env['CHROMIUM'] ?? onPath().find(isExecutable)

export const remedy =
  'no Chromium on the PATH: install one (Debian: apt-get install chromium) or set CHROMIUM to its path'

const onPath = (): string[] =>
  (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Arguments with which WebGPU runs on SwiftShader. Shared memory is not cleared, because SwiftShader compiles the clearing of a
 * tile for a second or two.
 */
const webgpu = [
  '--enable-dawn-features=disable_workgroup_init',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan,WebGPU',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
]

/**
 * Starts Chromium without a window, with WebGPU or without a GPU of any kind. Only the address of this machine can be reached.
 */
export const launch = (executablePath: string, gpu: 'webgpu' | 'no gpu' = 'webgpu'): Promise<Browser> =>
  chromium.launch({
    executablePath,
    // A busy machine starts a browser slowly.
    timeout: PATIENCE,
    args: [
      '--no-sandbox',
      ...(gpu === 'webgpu' ? webgpu : ['--disable-gpu', '--disable-features=WebGPU']),
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  })
