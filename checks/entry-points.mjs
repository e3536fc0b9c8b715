import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * Name of an entry point, such as `entrain/node`, and its TypeScript file.
 *
 * @typedef {{ readonly name: string, readonly file: string }} EntryPoint
 */

/**
 * Reads the entry points from the field `exports` of package.json.
 *
 * @returns {readonly EntryPoint[]}
 */
export const readEntryPoints = () => {
  /** @type {unknown} */
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  const { name, exports } = /** @type {{ name: string, exports: Record<string, string | { types: string }> }} */ (
    manifest
  )
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: name + path.slice(1), file: target.types.replace('./dist/', '').replace('.d.ts', '.ts') }],
  )
}

/**
 * Loads TypeScript files and the files that they import.
 *
 * @param {readonly string[]} files
 */
export const programOf = (files) => {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined }
  const config = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, host)
  if (config === undefined) throw new Error('tsconfig.json: found no file that can be read, expected compiler options')
  return ts.createProgram(files, config.options)
}
