import { defineConfig } from 'vite'

/**
 * Build of the page. Scripts and styles are files, because the server allows no inline ones; addresses are relative, so that
 * the page works in any folder.
 */
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
