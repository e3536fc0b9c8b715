import { defineConfig } from 'vite'

/** Nothing inline, since the server allows none; relative addresses, so that any folder may hold the page. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../../dist/dashboard/page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
