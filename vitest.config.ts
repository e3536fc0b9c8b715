import { defineConfig } from 'vitest/config'

/** Specs that start from a TensorFlow.js without a backend: the library keeps its backends in one global registry. */
const registryOfTensorFlow = ['spec/lib/compute/engine/tfjs/**/*.spec.ts']

/**
 * Specs import the built package: `#lib/…` is `dist/lib/…`. They test the files that are published. `npm test` builds first.
 *
 * The spec files of one worker share their modules (`isolate: false`), because importing them for each file takes longer than running
 * most specs.
 */
export default defineConfig({
  test: {
    globalSetup: 'spec/engines-here.ts',
    // Specs wait for events. These limits only end a spec that hangs, so they are long enough for a busy machine.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          isolate: false,
          include: ['spec/**/*.spec.ts'],
          exclude: registryOfTensorFlow,
          typecheck: { enabled: true, include: ['spec/**/*.spec-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      { extends: true, test: { name: 'isolated', include: registryOfTensorFlow } },
    ],
  },
})
