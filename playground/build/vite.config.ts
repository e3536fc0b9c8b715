import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { documentation } from './documentation.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What gives a page threads: a process of its own. */
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Puts the documentation beside the front page, and links to it there. */
const documented = (): Plugin => ({
  name: 'documented',
  transformIndexHtml: async (html) => {
    const { navigation, pages } = await documentation(root)
    return html.replace('<!--navigation-->', navigation).replace('<!--pages-->', pages)
  },
  async generateBundle() {
    const { files } = await documentation(root)
    for (const [fileName, source] of files) this.emitFile({ type: 'asset', fileName, source })
  },
})

/** Says what was built, and how to look at it. */
const announced = (): Plugin => ({
  name: 'announced',
  writeBundle: ({ dir }, bundle) => {
    const bytes = Object.values(bundle).reduce(
      (sum, file) => sum + Buffer.byteLength(file.type === 'chunk' ? file.code : file.source),
      0,
    )
    console.log(`${dir}: ${(bytes / 1e6).toFixed(1)} MB, for any static host; npm run playground:serve shows it here`)
  },
})

/** Relative addresses, so that any folder may hold the page; nothing inline, since its policy allows none. */
export default defineConfig(({ isPreview = false }) => ({
  root: `${root}/playground`,
  base: './',
  logLevel: isPreview ? 'info' : 'warn',
  plugins: [documented(), announced()],
  worker: { format: 'es' },
  build: {
    outDir: `${root}/dist/playground`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  preview: { host: '127.0.0.1', headers: isolated },
}))
