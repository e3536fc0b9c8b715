import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { DashboardError } from './dashboard-error.js'

/** File of the page. */
export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Files of the page by the path of their address. No other file is served. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** Folder in which the build puts the page. */
export const pageFolder = fileURLToPath(new URL('../page', import.meta.url))

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** Reads all files of the page; the path `/` is its index. @errors DashboardError if the folder holds no page */
export const readPage = (folder: string): TE.TaskEither<DashboardError, PageFiles> =>
  TE.tryCatch(
    async () => {
      const paths = await readdir(folder, { recursive: true })
      const files = new Map((await Promise.all(paths.map((path) => readPageFile(folder, path)))).flat())
      const index = files.get('/index.html')
      if (index === undefined) throw new Error('found no index.html')
      return files.set('/', index)
    },
    (cause) => new DashboardError(folder, 'no page', 'the built page: npm run build makes it', { cause }),
  )

/** Returns no entry for a folder. */
const readPageFile = async (folder: string, path: string): Promise<readonly (readonly [string, PageFile])[]> => {
  const file = join(folder, path)
  if (!(await stat(file)).isFile()) return []
  const type = types[extname(path)] ?? 'application/octet-stream'
  return [[`/${path.split(sep).join('/')}`, { type, bytes: new Uint8Array(await readFile(file)) }]]
}
