import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Decode } from '../fuzz-decoder.js'

/** Makes a decoder of a file: it writes the input into the folder under a name, and then reads the folder. */
export const decodeFile =
  (folder: string, name: string, read: (path: string) => Promise<unknown>): Decode =>
  async (input) => {
    const path = join(folder, name)
    await writeFile(path, input)
    return read(path)
  }

/** Writes files of a folder by their names. */
export const writeFiles = async (
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> => {
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), contents)
  }
}
