import { readFile } from 'node:fs/promises'

/** Returns the version of the package. */
export const version = async (): Promise<string> => {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
