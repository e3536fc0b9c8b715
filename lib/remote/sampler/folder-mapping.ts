import { resolve, sep } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { ServerError } from '../http/server-error.js'

/** Folders of this machine, and the paths under which the machine of a server sees them: `{ '/data/runs': '/mnt/runs' }`. */
export type FolderMapping = Readonly<Record<string, string>>

/**
 * Returns the path under which the machine of a server sees a folder. The longest matching folder of the mapping counts. Without a
 * mapping both machines use the same paths.
 *
 * @errors ServerError unfit for a folder outside the mapping
 */
export const mapFolder = (
  folder: string,
  mapping: FolderMapping | undefined,
  server: string,
): E.Either<ServerError, string> => {
  const path = resolve(folder)
  if (mapping === undefined) return E.right(path)
  const [here, there] =
    Object.entries(mapping)
      .map(([from, to]) => [resolve(from), to] as const)
      .filter(([from]) => path === from || path.startsWith(from.endsWith(sep) ? from : from + sep))
      .sort(([a], [b]) => b.length - a.length)[0] ?? []
  if (here === undefined || there === undefined)
    return E.left(
      new ServerError(
        'unfit',
        server,
        `weights in ${path}`,
        `a folder that the server can read: one below ${Object.keys(mapping).join(' or ')}, or another mapping of folders`,
      ),
    )
  const rest = path
    .slice(here.length)
    .split(sep)
    .filter((part) => part !== '')
  return E.right([there.replace(/\/+$/, ''), ...rest].join('/'))
}
