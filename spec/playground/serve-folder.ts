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
 * A folder's files on loopback, under a path as a host of many pages has it, with or without the headers that give
 * threads; but for those that are `missing`.
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
