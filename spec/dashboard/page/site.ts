import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { contentSecurityPolicy } from '#dashboard/server/access.js'

/** The page of a folder, bundled and served on this machine. */
export interface Site {
  readonly address: string
  close(): Promise<void>
}

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' }

/**
 * Bundles a folder's `index.html` with the page's own configuration, and serves it under the server's policy; `api`
 * answers the requests below `/api/`.
 */
export const openSite = async (folder: URL, api?: RequestListener): Promise<Site> => {
  const { output } = (await build({
    configFile: fileURLToPath(new URL('../../../dashboard/page/vite.config.ts', import.meta.url)),
    root: fileURLToPath(folder),
    logLevel: 'warn',
    build: { write: false },
  })) as Rolldown.RolldownOutput
  const files = new Map(output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
  const server = createServer((request, response) => {
    const { url = '/' } = request
    if (api !== undefined && url.startsWith('/api/')) {
      api(request, response)
      return
    }
    const path = url === '/' ? '/index.html' : url
    const headers = {
      'content-security-policy': contentSecurityPolicy,
      'content-type': types[extname(path)] ?? 'text/plain',
    }
    response.writeHead(files.has(path) ? 200 : 404, headers).end(files.get(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}
