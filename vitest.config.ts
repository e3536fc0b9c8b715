import { defineConfig } from 'vitest/config'

/** Specs import the built package: `#lib/…` is `dist/lib/…`. They test the files that are published. `npm test` builds first. */
export default defineConfig({
  test: {
    globalSetup: 'spec/engines-here.ts',
    include: ['spec/**/*.spec.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    typecheck: { enabled: true, include: ['spec/**/*.spec-d.ts'], tsconfig: './tsconfig.json' },
  },
})
