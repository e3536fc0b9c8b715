import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { type Documentation, documentation } from './documentation.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Headers that isolate the page: a browser gives threads to WebAssembly only in an isolated page. */
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Writes the documentation beside the playground, and its links into the pages of the playground. */
const documentationPages = (): Plugin => {
  let built: Promise<Documentation>
  return {
    name: 'documentation-pages',
    buildStart() {
      built = documentation(root)
    },
    transformIndexHtml: async (html, { path }) => {
      const { navigationOf, pages } = await built
      return html.replace('<!--navigation-->', navigationOf(path.slice(1))).replace('<!--pages-->', pages)
    },
    async generateBundle() {
      const { files } = await built
      for (const [fileName, source] of files) this.emitFile({ type: 'asset', fileName, source })
    },
  }
}

/** Prints the size of the build and the command that serves it. */
const summary = (): Plugin => ({
  name: 'summary',
  writeBundle: ({ dir }, bundle) => {
    const bytes = Object.values(bundle).reduce(
      (sum, file) => sum + Buffer.byteLength(file.type === 'chunk' ? file.code : file.source),
      0,
    )
    console.log(`${dir}: ${(bytes / 1e6).toFixed(1)} MB for any static host. Serve it here: npm run playground:serve`)
  },
})

/** Addresses are relative, so that the site works in any folder of a host. Nothing is inline: the pages forbid it. */
export default defineConfig(({ isPreview = false }) => ({
  root: `${root}/playground`,
  base: './',
  // The preview answers an unknown address with 404. As for a single page, it would answer with index.html.
  appType: 'mpa',
  logLevel: isPreview ? 'info' : 'warn',
  plugins: [documentationPages(), summary()],
  worker: { format: 'es', rolldownOptions: { checks: { bundlerTimings: false } } },
  build: {
    outDir: `${root}/dist/playground`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [`${root}/playground/index.html`, `${root}/playground/search.html`],
      checks: { bundlerTimings: false },
    },
  },
  preview: { host: '127.0.0.1', headers: isolated },
}))
