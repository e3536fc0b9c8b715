import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { DashboardError } from './dashboard-error.js'

/** One file of the page. */
export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** By the path of its address: what is not in here is nowhere. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** Where the build puts it. */
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

/** The page with all its files, `/` its index. @errors DashboardError */
export const readPage = (folder: string): TE.TaskEither<DashboardError, PageFiles> =>
  TE.tryCatch(
    async () => {
      const paths = await readdir(folder, { recursive: true })
      const files = new Map((await Promise.all(paths.map((path) => pageFile(folder, path)))).flat())
      const index = files.get('/index.html')
      if (index === undefined) throw new Error('no index.html in it')
      return files.set('/', index)
    },
    (cause) => new DashboardError(folder, 'no page', 'the built page: npm run build makes it', { cause }),
  )

/** None where it is a folder. */
const pageFile = async (folder: string, path: string): Promise<readonly (readonly [string, PageFile])[]> => {
  const file = join(folder, path)
  if (!(await stat(file)).isFile()) return []
  const type = types[extname(path)] ?? 'application/octet-stream'
  return [[`/${path.split(sep).join('/')}`, { type, bytes: new Uint8Array(await readFile(file)) }]]
}
