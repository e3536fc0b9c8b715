import { stat } from 'node:fs/promises'

/** Returns whether a file or a folder exists at a path, at the end of its links. A path that cannot be reached counts as missing. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
