import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'

export interface StaticServer {
  readonly address: string
  close(): Promise<void>
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
}

const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/**
 * Serves the files of a folder on loopback, below a path, with or without the headers that give a page threads. The
 * server answers 404 for a file whose path matches `missing`.
 */
export const serveFolder = async (
  folder: string,
  headers: 'isolated' | 'plain',
  missing?: RegExp,
): Promise<StaticServer> => {
  const server = createServer(({ url = '' }, response) => {
    const path = decodeURIComponent(url.replace(/^\/somewhere\//, '').replace(/[?#].*/, '')) || 'index.html'
    const answer = (status: number, body: string | Buffer, type: string) =>
      response.writeHead(status, { ...(headers === 'isolated' ? isolated : {}), 'content-type': type }).end(body)
    const found = missing?.test(path) === true ? Promise.reject(new Error(path)) : readFile(join(folder, path))
    found.then(
      (body) => answer(200, body, types[extname(path)] ?? 'application/octet-stream'),
      () => answer(404, `nothing at ${url}`, 'text/plain'),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/somewhere/`,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}
