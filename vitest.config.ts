import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Specs that need modules of their own. TensorFlow.js keeps its backends in one global registry, WebGPU in the thread of a spec
 * replaces the global `navigator`, and the others replace a module.
 */
const isolated = [
  'spec/lib/compute/engine/tfjs/**/*.spec.ts',
  'spec/lib/compute/engine/onnx/open-onnx.spec.ts',
  'spec/lib/compute/engine/open-engines.spec.ts',
  'spec/lib/compute/engine/webgpu-adapter.spec.ts',
  'spec/lib/compute/engine/webgpu/{device-loss,leaks}.spec.ts',
]

/** The spec file that takes longest. If it started last, one worker would wait for it alone. */
const longest = 'spec/browser/engines.spec.ts'

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(longest)
    const sorted = await super.sort(files)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

/**
 * Specs import the built package: `#lib/…` is `dist/lib/…`. They test the files that are published. `npm test` builds first.
 *
 * The spec files of one worker share their modules (`isolate: false`), because importing them for each file takes longer than running
 * most specs.
 */
export default defineConfig({
  test: {
    globalSetup: 'spec/engines-here.ts',
    setupFiles: 'spec/setup.ts',
    // Specs wait for events. These limits only end a spec that hangs, so they are long enough for a busy machine.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          isolate: false,
          include: ['spec/**/*.spec.ts'],
          exclude: isolated,
        },
      },
      { extends: true, test: { name: 'isolated', include: isolated } },
    ],
  },
})
