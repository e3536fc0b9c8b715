import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

/** Page on this machine that loads the module `page/main.ts`. */
export interface Site {
  readonly address: string
  close(): Promise<void>
}

type Files = ReadonlyMap<string, string | Uint8Array>

const PAGE = '<!doctype html><title>entrain</title><script type="module" src="/main.js"></script>'
const types: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm' }

/** Headers of an isolated page, which browsers allow to have threads with shared memory. */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/** Bundles `page/main.ts` as an application would and serves it beside the files of tfjs-backend-wasm. */
export const openSite = async (): Promise<Site> => {
  const files: Files = new Map([['/', PAGE], ...(await bundle()), ...(await wasmFiles())])
  const server = createServer(({ url = '/' }, response) => {
    const headers = { ...isolated, 'content-type': types[url.split('.').at(-1)!] ?? 'text/html' }
    response.writeHead(files.has(url) ? 200 : 404, headers).end(files.get(url))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

const bundle = async (): Promise<Files> => {
  const { output } = (await build({
    configFile: false,
    root: fileURLToPath(new URL('page', import.meta.url)),
    logLevel: 'warn',
    build: {
      write: false,
      target: 'esnext',
      rolldownOptions: {
        input: fileURLToPath(new URL('page/main.ts', import.meta.url)),
        output: { entryFileNames: 'main.js' },
      },
    },
    worker: { format: 'es' },
  })) as Rolldown.RolldownOutput
  return new Map(output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
}

const wasmFiles = async (): Promise<Files> => {
  const folder = import.meta.resolve('@tensorflow/tfjs-backend-wasm')
  const names = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm']
  return new Map(
    await Promise.all(names.map(async (name) => [`/wasm/${name}`, await readFile(new URL(name, folder))] as const)),
  )
}
