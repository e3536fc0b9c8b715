import { defineConfig } from 'vitest/config'

/** Specs import the built package: `#lib/…` is `dist/lib/…`. They test the files that are published. `npm test` builds first. */
export default defineConfig({
  test: {
    globalSetup: 'spec/engines-here.ts',
    include: ['spec/**/*.spec.ts'],
    // Specs wait for events. These limits only end a spec that hangs, so they are long enough for a busy machine.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: 'forks',
    maxWorkers: 2,
    typecheck: { enabled: true, include: ['spec/**/*.spec-d.ts'], tsconfig: './tsconfig.json' },
  },
})
